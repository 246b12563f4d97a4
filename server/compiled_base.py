"""Compiled programs that every client's jobs start with, made by templates of our own. Server only.

`jax-workbench setup` runs the templates in the sandbox, where no client's code is, and writes what
they compiled into one file of the state directory; a server reads it at its start. JAX looks a
program up by its text, its versions and its machine, so a file from elsewhere is of no use and does
no harm; whoever can write the state directory could run code as the server's user anyway.
"""

import logging
import os
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from jax_workbench.sandbox.session_files import MAX_BASE_BYTES
from jax_workbench.server.background_pool import BackgroundPool
from jax_workbench.server.call import Caller
from jax_workbench.server.envelope import versions
from jax_workbench.server.reply import Failed
from jax_workbench.server.run_store import RunStore, new_run_id
from jax_workbench.server.sandboxing import local_pool
from jax_workbench.server.settings import Settings, default_state_dir
from jax_workbench.server.watch import Watch
from jax_workbench.tools.catalog import ALL_TOOLS
from jax_workbench.tools.templates import TEMPLATES

logger = logging.getLogger(__name__)

WELL, ILL = 0, 1


def base_file(settings: Settings) -> Path:
    """Where the base of these versions and this device is, or would be."""
    made_of = (*sorted(versions().items()), ("device", settings.device))
    digest = sha256(repr(made_of).encode()).hexdigest()[:16]
    return (settings.state_dir or default_state_dir()) / "compiled" / f"{digest}.zip"


def read_base(settings: Settings) -> Mapping[str, bytes]:
    """The programs by name; none where there is no such file, or none that is whole."""
    path = base_file(settings)
    try:
        with zipfile.ZipFile(path) as packed:
            entries = packed.infolist()
            if sum(entry.file_size for entry in entries) > MAX_BASE_BYTES:
                raise ValueError("it is too big")
            return {entry.filename: packed.read(entry) for entry in entries}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        logger.warning("%s is left out: %s. Run jax-workbench setup.", path, error)
        return {}


def write_base(settings: Settings, programs: Mapping[str, bytes]) -> Path:
    """Put the programs in the place of what was there; those of other versions go."""
    path = base_file(settings)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(file, "w") as packed:
        for name, content in programs.items():
            packed.writestr(name, content)
    for old in path.parent.glob("*.zip"):
        old.unlink()
    Path(temporary).replace(path)
    return path


async def set_up(
    settings: Settings, templates: tuple[tuple[str, dict[str, Any]], ...] = TEMPLATES
) -> int:
    """Run the templates, keep what they compiled and say so; 1 where one of them has no answer."""
    pool = local_pool(settings, base={})
    failures: list[str] = []
    with tempfile.TemporaryDirectory(prefix="jax-workbench-") as folder:
        store = RunStore.open(replace(settings, state_dir=Path(folder)))
        behind = BackgroundPool(pool)
        async with anyio.create_task_group() as group:
            group.start_soon(behind.hold)
            try:
                caller = Caller(behind, store, settings)
                for name, arguments in templates:
                    failures += await _tried(caller, name, arguments)
            finally:
                behind.leave()
    programs = pool.kept.of("")
    if not failures:
        path = await anyio.to_thread.run_sync(write_base, settings, programs)
        mib = sum(map(len, programs.values())) / 2**20
        sys.stdout.write(f"{len(programs)} programs, {mib:.1f} MiB: {path}\n")
    return ILL if failures else WELL


async def _tried(caller: Caller, name: str, arguments: dict[str, Any]) -> list[str]:
    """Run one template; what went wrong, if anything."""
    tool = next(tool for tool in ALL_TOOLS if tool.name == name)
    ending = await caller.run(tool, tool.ask.model_validate(arguments), Watch(new_run_id(name)))
    if isinstance(ending, Failed):
        sys.stderr.write(f"{name}: {ending.text()}\n")
        return [ending.text()]
    run = ending.envelope["run"]
    sys.stdout.write(f"{name} {arguments}: {ending.envelope['status']}, {run['cpu_s']:.1f} CPU s\n")
    sys.stdout.flush()
    return []
