"""Runs as root for a moment: makes the jail's sources reachable for a plain uid, then becomes it.

A script, run as `python -I -S stage.py PLAN`, not imported: in a mount namespace of its own it
binds each source below a scratch directory (an interpreter under /root is closed to other users),
gives up root for good and executes bubblewrap, or the zygote where there is no jail. PLAN is JSON:
uid, gid, scratch, argv, env (none for bubblewrap), and binds [[source, target], ...].
"""

import ctypes
import json
import os
import stat
import sys

_MS_RDONLY, _MS_NOSUID, _MS_NODEV = 1, 2, 4
_PR_CAPBSET_DROP = 24
_MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE = 32, 4096, 16384, 1 << 18

_libc = ctypes.CDLL(None, use_errno=True)


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """Make the mount system call."""
    packed = [None if text is None else text.encode() for text in (source, target, kind)]
    if _libc.mount(*packed, ctypes.c_ulong(flags), options.encode()) < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"mount {source} on {target}: {os.strerror(code)}")


def bind_read_only(source: int, target: str) -> None:
    """Bind an open file or tree."""
    if stat.S_ISDIR(os.fstat(source).st_mode):
        os.makedirs(target)  # noqa: PTH103 - every import here delays each start
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o444))
    mount(f"/proc/self/fd/{source}", target, None, _MS_BIND | _MS_REC)
    mount("none", target, None, _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _MS_NOSUID | _MS_NODEV)


def main() -> None:
    """Stage, drop, execute."""
    plan = json.loads(sys.argv[1])
    os.umask(0o022)
    try:
        os.unshare(os.CLONE_NEWNS)
    except OSError as error:
        raise OSError(error.errno, f"unshare: {error.strerror}") from None
    mount("none", "/", None, _MS_REC | _MS_PRIVATE)
    # Opened before the scratch directory covers what is below it.
    sources = [(os.open(source, os.O_PATH), target) for source, target in plan["binds"]]
    mount("tmpfs", plan["scratch"], "tmpfs", _MS_NOSUID | _MS_NODEV, "size=1m,mode=0755")
    for source, target in sources:
        bind_read_only(source, target)
    for capability in range(64):  # a plain uid can't; past the last one it fails, and does no harm
        _libc.prctl(_PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0)
    os.setgroups([])
    os.setresgid(plan["gid"], plan["gid"], plan["gid"])
    os.setresuid(plan["uid"], plan["uid"], plan["uid"])
    os.execve(plan["argv"][0], plan["argv"], plan.get("env", {}))  # noqa: S606 - no shell wanted


if __name__ == "__main__":
    try:
        main()
    except OSError as refused:  # by the host: its words decide what mends it
        sys.exit(f"{refused}")
