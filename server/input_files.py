"""Reads the files that a call names, and nothing else of the host. Server only."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from jax_workbench.server.run_store import SCHEME, RunStore, parse_uri
from jax_workbench.tools.errors import ToolError

MAX_TOTAL_MIB = 64
MAX_FILES = 32


def read_inputs(
    files: Sequence[str], roots: Sequence[Path], store: RunStore, *, max_mib: int = MAX_TOTAL_MIB
) -> dict[str, bytes]:
    """The content of `files` by base name: paths below `roots`, or files of stored runs.

    Raises ToolError (bad_argument) for whatever cannot be had, naming the file.
    """
    if len(files) > MAX_FILES:
        raise _refused(
            f"{len(files)} files were named, at most {MAX_FILES} can be.", "Name fewer files."
        )
    contents: dict[str, bytes] = {}
    left = max_mib * 2**20
    for file in files:
        name = file.rstrip("/").rpartition("/")[2]
        if name in contents:
            raise _refused(
                f"Two files are called {name!r}; a job sees them by base name.", "Rename one."
            )
        content = (
            _stored(file, store, left)
            if file.startswith("workbench:")
            else _below_roots(file, roots, left)
        )
        left -= len(content)
        contents[name] = content
    return contents


def _stored(uri: str, store: RunStore, max_bytes: int) -> bytes:
    place = parse_uri(uri)
    if place is None or not place[1]:
        raise _refused(
            f"{uri!r} does not name a file of a run.",
            f"Use a URI from an answer's `artifacts`, such as {SCHEME}RUN_ID/FILE.",
        )
    try:
        file = store.file(*place, max_bytes=max_bytes)
    except ValueError:
        raise _too_large(uri) from None
    if file is None:
        raise _refused(f"There is no file {uri!r}.", "Old runs are removed; make it again.")
    return file.content


def _below_roots(file: str, roots: Sequence[Path], max_bytes: int) -> bytes:
    if not roots:
        raise _refused(
            f"{file!r} cannot be read: this server may read no folder.",
            "Set JAX_WORKBENCH_ROOTS to the folders that tools may read, or pass the data inline.",
        )
    if "\0" in file:
        raise _refused(f"{file!r} is not a path.", "Remove the null character.")
    for root in roots:
        base = os.path.realpath(root)
        real = os.path.realpath(root / file)
        if os.path.commonpath((base, real)) != base or not os.path.lexists(real):
            continue
        try:
            return _read_beneath(base, os.path.relpath(real, base), max_bytes)
        except ValueError:
            raise _too_large(file) from None
        except OSError as error:
            reason = (error.strerror or "it cannot be read").lower()
            raise _refused(f"{file!r}: {reason}.", "Name a readable, regular file.") from None
    raise _refused(
        f"There is no file {file!r} below {', '.join(map(str, roots))}.",
        "Name a file below those folders, or ask the operator to widen JAX_WORKBENCH_ROOTS.",
    )


def _read_beneath(base: str, relative: str, max_bytes: int) -> bytes:
    """Read `base`/`relative`, following no symbolic link below `base`.

    The path was resolved before; a link that is found now was put there since, to lead elsewhere.
    """
    *folders, name = Path(relative).parts or (".",)
    held = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for folder in folders:
            below = os.open(
                folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=held
            )
            os.close(held)
            held = below
        # Not blocking: opening a named pipe would otherwise wait for its writer.
        file = os.open(
            name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=held
        )
    finally:
        os.close(held)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(0, "Not a regular file")
    with os.fdopen(file, "rb") as stream:
        content = stream.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise ValueError(relative)
    return content


def _too_large(file: str) -> ToolError:
    return _refused(
        f"{file!r} brings the files of this call above {MAX_TOTAL_MIB} MiB.",
        "Pass fewer or smaller files.",
    )


def _refused(cause: str, next_step: str) -> ToolError:
    return ToolError("bad_argument", f"files: {cause}", next_step)
