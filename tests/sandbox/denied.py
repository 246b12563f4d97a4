"""Takes one of the sandbox's means away from a command, as a container or a kernel would.

    python -m tests.sandbox.denied namespaces COMMAND [ARGUMENT ...]

By a filter of system calls that the command inherits; /proc by mounts, which needs root.
"""

import ctypes
import errno
import os
import struct
import sys

from jax_workbench.sandbox.worker import syscalls
from jax_workbench.sandbox.worker.syscall_numbers import TABLES

_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x50000
_ARGUMENTS_AT = 16
_NEW_USER, _NEW_PID, _NEW_ANY = 0x10000000, 0x20000000, 0x7E020000
_CLONE_NEWNS = 0x20000
_TABLE = TABLES[os.uname().machine]


def step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def refuse(call: int, code: int, bits: int = 0) -> list[bytes]:
    """Answer `call` with an error; with `bits`, only where its first argument has one of them."""
    error = step(_RETURN, _ERRNO | code)
    if not bits:
        return [step(_EQUAL, call, 0, 1), error]
    checked = [step(_LOAD, _ARGUMENTS_AT), step(_ANY_BIT, bits, 0, 1), error, step(_RETURN, _ALLOW)]
    return [step(_EQUAL, call, 0, len(checked)), *checked]


def filters() -> dict[str, list[bytes]]:
    """What may be taken away, and how."""
    numbers = _TABLE.numbers
    clone3 = refuse(numbers["clone3"], errno.ENOSYS)
    unshare, clone = numbers["unshare"], numbers["clone"]
    return {
        # Bubblewrap makes its own by clone.
        "nested namespaces": refuse(unshare, errno.EPERM, _NEW_PID),
        "namespaces": [
            *refuse(unshare, errno.EPERM, _NEW_USER),
            *refuse(clone, errno.EPERM, _NEW_ANY),
            *clone3,
        ],
        "mount": refuse(numbers["mount"], errno.EPERM),
        "landlock": refuse(numbers["landlock_create_ruleset"], errno.EOPNOTSUPP),
        "seccomp": refuse(_TABLE.seccomp, errno.EINVAL),
    }


def install(steps: list[bytes]) -> None:
    steps = [step(_LOAD, 0), *steps, step(_RETURN, _ALLOW)]
    syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
    code = ctypes.create_string_buffer(b"".join(steps))
    header = struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(code))
    pointer = ctypes.create_string_buffer(header)
    syscalls.syscall(_TABLE.seccomp, 1, 0, ctypes.c_void_p(ctypes.addressof(pointer)))


def mask_proc() -> None:
    """Cover a part of /proc, as container engines do: then nobody may mount a new one."""
    os.unshare(_CLONE_NEWNS)
    syscalls.mount("none", "/", None, syscalls.MS_REC | syscalls.MS_PRIVATE)
    syscalls.mount("tmpfs", "/proc/bus", "tmpfs", syscalls.MS_RDONLY)


def main() -> None:
    what, *command = sys.argv[1:]
    if what == "proc":
        mask_proc()
    else:
        install(filters()[what])
    os.execvp(command[0], command)  # noqa: S606 - no shell wanted


if __name__ == "__main__":
    main()
