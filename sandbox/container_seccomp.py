"""The seccomp profile of a container in which the server gets its full tier. Pure.

`python -m jax_workbench.sandbox.container_seccomp` prints it, in the form that Docker, Podman and
Kubernetes read. It refuses what no job may ever call, but for what serving and the making of a jail
take: Docker's own profile would also refuse those, and with them the tier.
"""

import json
import sys
from typing import Any

from jax_workbench.sandbox.worker.syscall_numbers import DENIED

SERVING = (
    "accept",
    "accept4",
    "bind",
    "connect",
    "execve",
    "fork",
    "listen",
    "sched_setaffinity",
    "sendmmsg",
    "sendmsg",
    "setpriority",
    "setsockopt",
    "socket",
    "vfork",
)
JAILING = (
    "landlock_add_rule",
    "landlock_create_ruleset",
    "landlock_restrict_self",
    "mount",
    "pivot_root",
    "seccomp",
    "sethostname",
    "umount2",
    "unshare",
)
DRIVERS = ("memfd_create",)
"""What CUDA asks for."""
_EPERM = 1


def profile() -> dict[str, Any]:
    """The profile as JSON values."""
    refused = sorted(set(DENIED) - {*SERVING, *JAILING, *DRIVERS})
    return {
        "defaultAction": "SCMP_ACT_ALLOW",
        # No 32-bit and no x32 calls: their numbers differ.
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"],
        "syscalls": [{"names": refused, "action": "SCMP_ACT_ERRNO", "errnoRet": _EPERM}],
    }


def text() -> str:
    """The profile as a file."""
    return json.dumps(profile(), indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
