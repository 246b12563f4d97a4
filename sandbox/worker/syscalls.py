"""The few Linux calls that Python does not wrap. Runs in the jail."""

import ctypes
import errno
import os
import struct

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 32, 4096, 16384, 1 << 18

PR_SET_DUMPABLE = 4
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int, what: str) -> int:
    """The result of a C call, or OSError with its errno."""
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def prctl(option: int, *arguments: int) -> int:
    """Make the prctl system call; missing arguments are 0."""
    padded = (*arguments, 0, 0, 0, 0)[:4]
    return checked(_libc.prctl(option, *map(ctypes.c_ulong, padded)), f"prctl {option}")


def syscall(number: int, *arguments: int | ctypes.c_void_p | ctypes.c_char_p) -> int:
    """Make any system call; integers are passed as longs."""
    passed = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return checked(_libc.syscall(ctypes.c_long(number), *passed), f"syscall {number}")


def mount(source: str | None, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """Make the mount system call."""

    def text(value: str | None) -> bytes | None:
        return None if value is None else value.encode()

    flag_word = ctypes.c_ulong(flags)
    result = _libc.mount(text(source), text(target), text(kind), flag_word, text(options))
    checked(result, f"mount {target}")


def drop_capabilities() -> None:
    """Empty the bounding, ambient, permitted, effective and inheritable sets."""
    for capability in range(64):  # the bounding set first: dropping from it needs CAP_SETPCAP
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.EPERM):  # past the last one; not ours to drop
                break
            raise
    prctl(PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    header = struct.pack("II", _CAPABILITY_VERSION_3, 0)
    checked(_libc.capset(header, bytes(24)), "capset")
