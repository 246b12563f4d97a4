"""The jail's command line, its filter and its probe: what they say is what is enforced."""

import os
import re
from collections import Counter
from pathlib import Path

import pytest

from jax_workbench.sandbox import launcher
from jax_workbench.sandbox.errors import SandboxUnavailable
from jax_workbench.sandbox.probe import verify
from jax_workbench.sandbox.remedies import remedy_for
from jax_workbench.sandbox.worker import seccomp
from jax_workbench.sandbox.worker.syscall_numbers import DENIED, SHARED_FILES, TABLES
from tests.sandbox.conftest import plain_profile

PYTHON = launcher.Interpreter(
    "/sb/py/bin/python3", (launcher.Bind(Path("/opt/py"), "/sb/py"),), ("/sb/lib",), "/sb/py/lib"
)


def jail() -> list[str]:
    return launcher.jail_argv("/usr/bin/bwrap", PYTHON, {"A": "1"}, ["/sb/py/bin/python3"])


def test_every_namespace_is_new_and_the_environment_is_cleared() -> None:
    argv = jail()

    namespaces = {"user", "pid", "net", "ipc", "uts"}
    assert {f"--unshare-{name}" for name in namespaces} <= set(argv)
    assert "--clearenv" in argv
    assert "--die-with-parent" in argv
    assert "--new-session" in argv


def test_nothing_of_the_host_is_writable_and_reads_are_an_allow_list() -> None:
    argv = jail()

    assert not {"--bind", "--dev-bind", "--bind-try", "--share-net"} & set(argv)
    assert argv[argv.index("--remount-ro") + 1] == "/"
    sources = [argv[i + 1] for i, word in enumerate(argv) if word.startswith("--ro-bind")]
    allowed = (
        r"/usr/lib|/usr/lib64|/usr/share/zoneinfo|/lib\w*|/opt/py|/etc/(ld.so.cache|localtime)"
    )
    assert [s for s in sources if not re.fullmatch(allowed, s)] == []


@pytest.mark.parametrize("is_root", [False, True])
def test_the_command_line_carries_no_variable_of_the_host(is_root: bool) -> None:  # noqa: FBT001
    os.environ["A_THING_OF_THE_HOST"] = "xyzzy-42"
    try:
        launch = launcher.launch(plain_profile(), 3, is_root=is_root)
    finally:
        del os.environ["A_THING_OF_THE_HOST"]

    assert "xyzzy-42" not in " ".join(launch.argv)
    assert launch.is_staged == is_root


def test_root_becomes_a_uid_without_an_account() -> None:
    launch = launcher.launch(plain_profile(), 3, is_root=True)

    assert 0 < launch.uid < 65536
    assert f'"uid": {launch.uid}' in launch.argv[-1]


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_names_every_denied_call_that_the_machine_has(machine: str) -> None:
    steps = seccomp.program(machine)
    numbers = TABLES[machine].numbers

    compared = {int.from_bytes(step[4:8], "little") for step in steps if step[:2] == b"\x15\x00"}
    assert {numbers[name] for name in DENIED if name in numbers} <= compared
    assert len(steps) < 4096  # the kernel's limit


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_where_a_jobs_user_owns_other_files_their_modes_and_owners_are_out_of_reach(
    machine: str,
) -> None:
    numbers = TABLES[machine].numbers
    wide = Counter(seccomp.program(machine))
    narrow = Counter(seccomp.program(machine, shares_files=True))

    compared = {
        int.from_bytes(step[4:8], "little") for step in narrow - wide if step[:1] == b"\x15"
    }
    assert compared == {numbers[name] for name in SHARED_FILES if name in numbers}


@pytest.mark.skipif(not Path("/usr/include/asm-generic/unistd.h").exists(), reason="no headers")
def test_the_numbers_are_those_of_the_kernels_headers() -> None:
    headers = {
        "aarch64": Path("/usr/include/asm-generic/unistd.h"),
        "x86_64": next(Path("/usr/include").glob("x86_64*/asm/unistd_64.h"), None),
    }
    for machine, header in headers.items():
        if header is None:
            continue
        text = header.read_text(encoding="utf-8")
        known = {k: int(v) for k, v in re.findall(r"__NR3?2?6?4?_(\w+)\s+(\d+)", text)}
        ours = TABLES[machine].numbers
        assert {k: v for k, v in ours.items() if k in known and known[k] != v} == {}


def test_one_success_of_the_canary_refuses_the_tier() -> None:
    attempts = {"start a process": True, "read a file of the host": False}

    with pytest.raises(SandboxUnavailable, match="could read a file of the host"):
        verify({"attempts": attempts, "smoke": "ok"})


@pytest.mark.parametrize("seen", [{}, {"attempts": {}}, {"attempts": {"a": 1}, "smoke": "ok"}])
def test_a_canary_that_says_nothing_refuses_the_tier(seen: dict[str, object]) -> None:
    with pytest.raises(SandboxUnavailable):
        verify(seen)


def test_wrong_arithmetic_refuses_the_tier() -> None:
    with pytest.raises(SandboxUnavailable, match="YNNPACK"):
        verify({"attempts": {"a": True}, "smoke": "INTERNAL: YNNPACK operation failed"})


@pytest.mark.parametrize(
    ("problem", "step"),
    [
        ("bwrap: No permissions to creating new namespace", "seccomp"),
        ("bwrap: Failed to make / slave: Operation not permitted", "apparmor=unconfined"),
        ("bwrap: Can't mount proc on /newroot/proc: Operation not permitted", "systempaths"),
        ("bwrap: setting up uid map: Permission denied", "bwrap-userns-restrict"),
        ("bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted", "bwrap-userns-restrict"),
        ("bwrap: setuid use of bubblewrap is not supported in this build", "setuid bit"),
        ("something nobody has seen", "log on stderr"),
    ],
)
def test_each_refusal_of_a_host_has_its_remedy(problem: str, step: str) -> None:
    assert step in remedy_for(problem)
