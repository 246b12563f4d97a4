"""Landlock: the files a job may touch, and no TCP, no signals, no sockets to others.

Runs in the jail. Source: Linux, Documentation/userspace-api/landlock.rst.
"""

import ctypes
import errno
import os
import struct
from collections.abc import Iterable, Sequence

from jax_workbench.sandbox.worker.syscalls import PR_SET_NO_NEW_PRIVS, prctl, syscall

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on x86-64 and aarch64
_VERSION_FLAG = 1
_RULE_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_MAKE_CHAR, _MAKE_BLOCK, _TRUNCATE, _IOCTL_DEV = 1 << 6, 1 << 11, 1 << 14, 1 << 15
_N_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # 16 from ABI 5 on
_NET_ABI, _SCOPE_ABI = 4, 6


def abi() -> int:
    """The kernel's Landlock version; 0 where it has none."""
    try:
        return syscall(_CREATE_RULESET, 0, 0, _VERSION_FLAG)
    except OSError:
        return 0


def restrict(
    read: Iterable[str],
    write: Iterable[str],
    write_files: Iterable[str],
    oldest: int = 1,
    device_files: Sequence[str] = (),
) -> int:
    """Deny this thread and its children every file outside the lists; returns the ABI.

    Args:
        read: Files and directories to read, with all below them.
        write: Directories to read and write in; nothing below them can be executed.
        write_files: Single files to read and write.
        oldest: The ABI that is needed; from 6 on signals and abstract sockets are denied, too.
        device_files: An accelerator's, to read, write and control; with them /proc may be written
            to, which must be the job's own.

    Raises:
        OSError: ENOSYS where the kernel has no Landlock, or an older one.
    """
    version = abi()
    if version < max(oldest, 1):
        raise OSError(errno.ENOSYS, f"Landlock ABI {oldest} is needed, this kernel has {version}")
    file_rights = (1 << _N_FILE_RIGHTS.get(version, 16)) - 1
    net = 3 if version >= _NET_ABI else 0  # TCP bind and connect
    scope = 3 if version >= _SCOPE_ABI else 0  # abstract sockets and signals
    size = 8 if version < _NET_ABI else 16 if version < _SCOPE_ABI else 24
    attributes = struct.pack("QQQ", file_rights, net, scope)[:size]
    rules = syscall(_CREATE_RULESET, ctypes.c_char_p(attributes), size, 0)
    in_directories = file_rights & ~(_EXECUTE | _MAKE_CHAR | _MAKE_BLOCK | _IOCTL_DEV)
    for path in read:
        # A directory right on a plain file is EINVAL.
        _allow(rules, path, _READ_FILE | (_READ_DIR if os.path.isdir(path) else 0))  # noqa: PTH112
    for path in write:
        _allow(rules, path, in_directories)
    for path in write_files:
        _allow(rules, path, _READ_FILE | _WRITE_FILE)
    for path in device_files:
        _allow(rules, path, file_rights & (_READ_FILE | _WRITE_FILE | _IOCTL_DEV))
    if device_files:
        # A driver names its threads there, and opens the files as new ones.
        _allow(rules, "/proc", file_rights & (_READ_FILE | _READ_DIR | _WRITE_FILE | _TRUNCATE))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    syscall(_RESTRICT_SELF, rules, 0)
    os.close(rules)
    return version


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        rule = struct.pack("=QI", rights, handle)  # packed: 12 bytes
        syscall(_ADD_RULE, rules, _RULE_PATH_BENEATH, ctypes.c_char_p(rule), 0)
    finally:
        os.close(handle)
