"""Removes what a hostile job left in its folder, however deep or closed. Host and jail.

shutil.rmtree gives up on a folder without rights, and on paths longer than the kernel takes.
"""

import os
import stat
from contextlib import suppress


def remove(top: str) -> None:
    """Delete `top` and all below it; what can't be deleted stays, and is no error."""
    number = 0
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        with suppress(OSError):
            os.chmod(folder, stat.S_IRWXU)  # noqa: PTH101 - pathlib is not loaded in the jail
        for name, is_folder in _entries(folder):
            path = f"{folder}/{name}"
            with suppress(OSError):
                if not is_folder:
                    os.unlink(path)  # noqa: PTH108
                    continue
                # Up to the top first: no path grows, and nothing here recurses.
                number += 1
                flat = f"{top}/.{number}-{os.getpid()}"
                os.chmod(path, stat.S_IRWXU)  # noqa: PTH101 - else it can't be moved
                os.rename(path, flat)  # noqa: PTH104
                waiting.append(flat)
        if folder != top:
            with suppress(OSError):
                os.rmdir(folder)  # noqa: PTH106
    with suppress(OSError):
        os.rmdir(top)  # noqa: PTH106


def _entries(folder: str) -> list[tuple[str, bool]]:
    try:
        with os.scandir(folder) as found:
            return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in found]
    except OSError:
        return []
