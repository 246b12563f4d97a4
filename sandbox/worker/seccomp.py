"""The system-call filter of a job: no new process, no network, nothing that reaches outside.

Runs in the jail. A deny-list with arguments checked, because XLA and glibc drift; calls newer than
the last one reviewed answer ENOSYS, as on an older kernel. Source: Linux, seccomp(2), bpf(2).
"""

import ctypes
import errno
import os
import struct
from collections.abc import Iterable, Sequence

from jax_workbench.sandbox.worker.syscall_numbers import (
    DENIED,
    SHARED_FILES,
    TABLES,
    Architecture,
)
from jax_workbench.sandbox.worker.syscalls import (
    PR_SET_DUMPABLE,
    PR_SET_NO_NEW_PRIVS,
    prctl,
    syscall,
)

NEWEST_REVIEWED = 462
_SET_MODE_FILTER, _TSYNC = 1, 1
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_ALLOW, _KILL_PROCESS, _ERRNO = 0x7FFF0000, 0x80000000, 0x50000
_NUMBER_AT, _ARCH_AT, _ARGUMENTS_AT = 0, 4, 16
_CLONE_NEW_ANY, _CLONE_THREAD = 0x7E020000, 0x10000
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_KIND_OF_IOCTL = 0xFF00
_SOCKETS, _FILE_FLAGS, _XFS, _BTRFS = 0x8900, 0x6600, 0x5800, 0x9400
_F_SETOWN, _F_SETSIG, _F_SETOWN_EX, _F_SETLEASE, _F_NOTIFY = 8, 10, 15, 1024, 1026
_AF_UNIX = 1
_SHARED_ANONYMOUS = 0x01 | 0x20
_PR_SET_SECCOMP, _PR_SCHED_CORE, _PR_SET_MEMORY_MERGE = 22, 62, 67


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def _argument(index: int) -> bytes:
    """Load the low word of a call's argument."""
    return _step(_LOAD, _ARGUMENTS_AT + 8 * index)


def _upper_half(index: int) -> bytes:
    return _step(_LOAD, _ARGUMENTS_AT + 8 * index + 4)


def _refuse(code: int = errno.EPERM) -> bytes:
    return _step(_RETURN, _ERRNO | code)


_PASS = _step(_RETURN, _ALLOW)


def _refuse_any(values: Sequence[int], code: int = errno.EPERM) -> list[bytes]:
    """An error where what is loaded is one of `values`, else on to the next step."""
    last = len(values) - 1
    tests = [
        _step(_EQUAL, value, last - place, 0 if place < last else 1)
        for place, value in enumerate(values)
    ]
    return [*tests, _refuse(code)]


_CHECKED: dict[str, list[bytes]] = {
    # Flags sit behind a pointer; glibc falls back to clone.
    "clone3": [_refuse(errno.ENOSYS)],
    "clone": [
        _argument(0),
        _step(_ANY_BIT, _CLONE_NEW_ANY, 0, 1),
        _refuse(),
        _step(_ANY_BIT, _CLONE_THREAD, 1, 0),
        _refuse(),  # a new process, not a thread
        _PASS,
    ],
    # A lease makes the host wait when it opens the file, though the job can only read it; a watch
    # tells who else reads a folder; an owner gets signals that no kill() would send.
    "fcntl": [
        _argument(1),
        *_refuse_any((_F_SETLEASE, _F_NOTIFY, _F_SETOWN, _F_SETSIG, _F_SETOWN_EX)),
        _PASS,
    ],
    # Besides terminals: owners of sockets, and what file systems do to files that are only read.
    "ioctl": [
        _argument(1),
        *_refuse_any((_TIOCSTI, _TIOCLINUX)),
        _step(_AND, _KIND_OF_IOCTL),
        *_refuse_any((_SOCKETS, _FILE_FLAGS, _XFS, _BTRFS), errno.EOPNOTSUPP),
        _PASS,
    ],
    # Its pages stay when they are unmapped, and then neither a limit nor a meter counts them.
    "mmap": [
        _argument(3),
        _step(_AND, _SHARED_ANONYMOUS),
        _step(_EQUAL, _SHARED_ANONYMOUS, 0, 1),
        _refuse(),
        _PASS,
    ],
    # A process that can be dumped hands its memory to whatever program core_pattern names; merged
    # pages tell by their timing what another process holds.
    "prctl": [
        _argument(0),
        *_refuse_any((PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SCHED_CORE, _PR_SET_MEMORY_MERGE)),
        _PASS,
    ],
    # asyncio wakes itself through a pair of sockets; no datagram may go to any other address.
    "sendto": [
        _argument(4),
        _step(_EQUAL, 0, 0, 2),
        _upper_half(4),
        _step(_EQUAL, 0, 1, 0),
        _refuse(),
        _PASS,
    ],
    "socketpair": [_argument(0), _step(_EQUAL, _AF_UNIX, 1, 0), _refuse(), _PASS],
    # Own limits only: a process with the same uid elsewhere is none of the job's business.
    "prlimit64": [_argument(0), _step(_EQUAL, 0, 1, 0), _refuse(), _PASS],
}


def program(
    machine: str, allowed: Iterable[str] = (), *, shares_files: bool = False
) -> list[bytes]:
    """The filter's instructions for `os.uname().machine`, without a rule against `allowed`.

    With `shares_files` also against what Landlock lets a job do to files of its user.

    Raises:
        KeyError: The machine is unknown.
    """
    table: Architecture = TABLES[machine]
    steps = [
        _step(_LOAD, _ARCH_AT),
        _step(_EQUAL, table.audit_arch, 1, 0),
        _step(_RETURN, _KILL_PROCESS),  # int 0x80 has another table of numbers
        _step(_LOAD, _NUMBER_AT),
        _step(_AT_LEAST, NEWEST_REVIEWED + 1, 0, 1),
        _refuse(errno.ENOSYS),  # x32 has bit 30 set: refused here, too
    ]
    denied = (*DENIED, *SHARED_FILES) if shares_files else DENIED
    bodies = _CHECKED | {name: [_refuse()] for name in denied if name not in allowed}
    for name, body in sorted(bodies.items()):
        if name in table.numbers:
            # A body always returns, so the number stays loaded for the next rule.
            steps += [_step(_EQUAL, table.numbers[name], 0, len(body)), *body]
    return [*steps, _PASS]


def install(allowed: Iterable[str] = (), *, shares_files: bool = False) -> None:
    """Put the filter on every thread of this process; it can't be taken off."""
    machine = os.uname().machine
    steps = program(machine, allowed, shares_files=shares_files)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    code = ctypes.create_string_buffer(b"".join(steps))
    header = struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(code))
    pointer = ctypes.create_string_buffer(header)
    address = ctypes.c_void_p(ctypes.addressof(pointer))
    if syscall(TABLES[machine].seccomp, _SET_MODE_FILTER, _TSYNC, address):
        raise OSError(errno.EAGAIN, "seccomp: a thread did not take the filter")
