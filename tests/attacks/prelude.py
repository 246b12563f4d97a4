"""Stands before each hostile program: what it is after, and how it says that it got it.

Not imported by the tests: its text is sent. HOST and _SEAL are filled in by `gauntlet.py`.
"""

import ctypes
import errno
import mmap
import os
import platform
from collections.abc import Callable
from typing import Any

HOST: dict[str, Any] = {}
"""Where the bait lies: paths, ports, names and process ids of the host."""
_SEAL = ""
"""Backwards, so that a program which prints its own source does not report a success."""
_libc = ctypes.CDLL(None, use_errno=True)
_write = os.write


def breach(what: str) -> None:
    """Report that the attack worked."""
    line = f"\n{_SEAL[::-1]}{what}\n".encode()
    for descriptor in (1, 2):
        try:
            _write(descriptor, line)
        except OSError:
            continue
        return


def tries(what: str, attack: Callable[..., object], *arguments: object) -> None:
    """Call `attack`; that it returns is the breach."""
    try:
        attack(*arguments)
    except (Exception, SystemExit):  # noqa: BLE001 - whatever stops it will do
        return
    breach(what)


def call(name: str, *arguments: int | bytes | ctypes.Array[ctypes.c_char]) -> tuple[int, str]:
    """Make a system call past the C library; returns its result and the name of its error."""
    if platform.machine() != "x86_64":
        raise SystemExit("these numbers are of x86-64")
    numbers = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = _libc.syscall(ctypes.c_long(NUMBERS[name]), *numbers)
    return result, errno.errorcode.get(ctypes.get_errno(), "?") if result < 0 else ""


def refused(name: str, *arguments: int | bytes | ctypes.Array[ctypes.c_char]) -> None:
    """Expect the filter to refuse a call; that the kernel looked at its arguments is the breach."""
    result, error = call(name, *arguments)
    if error not in {"EPERM", "ENOSYS", "EACCES"}:
        breach(f"{name} reached the kernel: {error or result}")


def native(code: bytes) -> int:
    """Run x86-64 machine code as a function without arguments; returns rax."""
    if platform.machine() != "x86_64":
        raise SystemExit("this is code of x86-64")
    page = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, 7)
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return ctypes.CFUNCTYPE(ctypes.c_long)(address)()


# Linux, arch/x86/entry/syscalls/syscall_64.tbl; its own copy, so that a wrong number in the filter
# shows.
NUMBERS = {
    "mmap": 9,
    "ioctl": 16,
    "msync": 26,
    "shmget": 29,
    "socket": 41,
    "connect": 42,
    "sendto": 44,
    "sendmsg": 46,
    "bind": 49,
    "listen": 50,
    "socketpair": 53,
    "setsockopt": 54,
    "clone": 56,
    "fork": 57,
    "vfork": 58,
    "execve": 59,
    "kill": 62,
    "semget": 64,
    "msgget": 68,
    "fcntl": 72,
    "ptrace": 101,
    "getppid": 110,
    "syslog": 103,
    "setuid": 105,
    "setgid": 106,
    "setreuid": 113,
    "setresuid": 117,
    "setfsuid": 122,
    "capset": 126,
    "mknod": 133,
    "uselib": 134,
    "personality": 135,
    "ustat": 136,
    "sysfs": 139,
    "setpriority": 141,
    "sched_setparam": 142,
    "sched_setscheduler": 144,
    "mlockall": 151,
    "vhangup": 153,
    "modify_ldt": 154,
    "pivot_root": 155,
    "_sysctl": 156,
    "prctl": 157,
    "adjtimex": 159,
    "setrlimit": 160,
    "chroot": 161,
    "sync": 162,
    "acct": 163,
    "settimeofday": 164,
    "mount": 165,
    "umount2": 166,
    "swapon": 167,
    "swapoff": 168,
    "reboot": 169,
    "sethostname": 170,
    "setdomainname": 171,
    "iopl": 172,
    "ioperm": 173,
    "init_module": 175,
    "delete_module": 176,
    "quotactl": 179,
    "tkill": 200,
    "sched_setaffinity": 203,
    "io_setup": 206,
    "lookup_dcookie": 212,
    "timer_create": 222,
    "clock_settime": 227,
    "tgkill": 234,
    "mq_open": 240,
    "kexec_load": 246,
    "add_key": 248,
    "request_key": 249,
    "keyctl": 250,
    "ioprio_set": 251,
    "inotify_init": 253,
    "migrate_pages": 256,
    "unshare": 272,
    "vmsplice": 278,
    "move_pages": 279,
    "fallocate": 285,
    "inotify_init1": 294,
    "perf_event_open": 298,
    "fanotify_init": 300,
    "prlimit64": 302,
    "name_to_handle_at": 303,
    "open_by_handle_at": 304,
    "clock_adjtime": 305,
    "syncfs": 306,
    "sendmmsg": 307,
    "setns": 308,
    "process_vm_readv": 310,
    "process_vm_writev": 311,
    "kcmp": 312,
    "finit_module": 313,
    "sched_setattr": 314,
    "seccomp": 317,
    "memfd_create": 319,
    "kexec_file_load": 320,
    "bpf": 321,
    "execveat": 322,
    "userfaultfd": 323,
    "pidfd_send_signal": 424,
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "pidfd_open": 434,
    "clone3": 435,
    "pidfd_getfd": 438,
    "process_madvise": 440,
    "mount_setattr": 442,
    "quotactl_fd": 443,
    "landlock_create_ruleset": 444,
    "memfd_secret": 447,
    "process_mrelease": 448,
    "statmount": 457,
    "listmount": 458,
    "lsm_set_self_attr": 460,
    "setxattrat": 463,
    "open_tree_attr": 467,
}
