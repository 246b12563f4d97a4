"""What the container is refused beside its jobs."""

import json
from pathlib import Path
from typing import Any

import pytest

from jax_workbench.sandbox import container_seccomp
from jax_workbench.sandbox.worker.syscall_numbers import DENIED, TABLES

FILE = Path(__file__).parents[2] / "docker" / "seccomp.json"


@pytest.fixture(scope="module")
def refused() -> set[str]:
    profile: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    (rule,) = profile["syscalls"]
    assert profile["defaultAction"] == "SCMP_ACT_ALLOW"
    assert rule["action"] == "SCMP_ACT_ERRNO"
    return set(rule["names"])


def test_the_committed_profile_is_what_the_command_prints() -> None:
    command = "python -m jax_workbench.sandbox.container_seccomp > docker/seccomp.json"

    assert FILE.read_text(encoding="utf-8") == container_seccomp.text(), command


def test_the_calls_that_make_a_jail_are_open(refused: set[str]) -> None:
    needed = {"clone", "clone3", "unshare", "mount", "umount2", "pivot_root", "seccomp", "execve"}

    assert not needed & refused


def test_what_no_server_needs_is_refused(refused: set[str]) -> None:
    dangers = {"bpf", "ptrace", "kexec_load", "init_module", "keyctl", "perf_event_open"}
    dangers |= {"io_uring_setup", "userfaultfd", "open_by_handle_at", "process_vm_writev", "setns"}

    assert dangers <= refused <= set(DENIED)


def test_every_call_that_is_left_open_is_one_that_jobs_are_refused() -> None:
    opened = {*container_seccomp.SERVING, *container_seccomp.JAILING, *container_seccomp.DRIVERS}

    assert opened <= set(DENIED)
    assert opened <= TABLES["x86_64"].numbers.keys()
