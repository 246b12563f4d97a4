"""Looks at what a job has written where no file system bounds it. Runs in the host.

In a jail the job's folder is a tmpfs with a size. Without one it is a plain folder: the host
counts, and a file that is deleted but still open escapes it (docs/security.md names the gap).
"""

import os

MAX_BYTES = 256 * 2**20
MAX_FILES = 20_000
_MAX_DEPTH = 64
_BLOCK_BYTES = 512


def excess(top: str) -> str:
    """What is more than a job may have below `top`; empty while all is well."""
    n_files, n_bytes = 0, 0
    waiting = [(top, 0)]
    while waiting:
        folder, depth = waiting.pop()
        if depth > _MAX_DEPTH:
            return f"folders nested deeper than {_MAX_DEPTH}"
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    n_files += 1
                    n_bytes += entry.stat(follow_symlinks=False).st_blocks * _BLOCK_BYTES
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append((entry.path, depth + 1))
                    if n_files > MAX_FILES:
                        return f"more than {MAX_FILES} files"
        except FileNotFoundError:  # deleted since its parent was read
            continue
        except PermissionError:
            return "a folder that its owner closed"
        if n_bytes > MAX_BYTES:
            return f"more than {MAX_BYTES >> 20} MiB of files"
    return ""
