"""`jax-workbench call`: runs one tool without a client, for scripts and bots. Server only."""

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import anyio
import anyio.to_thread
from pydantic import ValidationError

from jax_workbench.server.arguments import plain, read
from jax_workbench.server.background_pool import BackgroundPool
from jax_workbench.server.call import Caller
from jax_workbench.server.compiled_base import read_base
from jax_workbench.server.describe import AnyTool
from jax_workbench.server.reply import Answered, Ending, Failed
from jax_workbench.server.run_store import RunStore, new_run_id
from jax_workbench.server.sandboxing import local_pool
from jax_workbench.server.settings import Settings
from jax_workbench.server.watch import Watch
from jax_workbench.tools.catalog import ALL_TOOLS
from jax_workbench.tools.contract import Ask

GOOD, BAD_STATUS, NO_ANSWER = 0, 1, 2


async def call_once(name: str, source: str | None, out: Path | None, settings: Settings) -> int:
    """Run the tool `name` and print its answer as JSON; an error goes to stderr.

    `source` is a file of arguments, "-" for stdin, the JSON itself, or None. The run's files are
    written to `out`. Without configured roots the tool may read files below the current folder.
    """
    settings = settings if settings.roots else replace(settings, roots=(Path.cwd(),))
    tool = next(
        (tool for tool in ALL_TOOLS if tool.name == name and (tool.plan or tool.work)), None
    )
    if tool is None:
        names = ", ".join(tool.name for tool in ALL_TOOLS if tool.plan or tool.work)
        return _failed(
            Failed("bad_argument", f"No tool is called {name!r}.", f"There are: {names}.")
        )
    try:
        ask = read(tool.ask, await anyio.to_thread.run_sync(_arguments, source))
    except ValidationError as error:
        return _failed(Failed("bad_argument", plain(error, tool.ask), "Correct the arguments."))
    except (OSError, ValueError) as error:
        what = "The arguments" if source is None or _is_json(source) else source
        said = error.strerror if isinstance(error, OSError) else error
        return _failed(Failed("bad_argument", f"{what}: {said}.", "Pass one JSON object."))
    store = RunStore.open(settings)
    try:
        return await _run(tool, ask, store, settings, out)
    finally:
        store.close()


async def _run(
    tool: AnyTool, ask: Ask, store: RunStore, settings: Settings, out: Path | None
) -> int:
    pool = BackgroundPool(local_pool(settings, read_base(settings)))
    endings: list[Ending] = []
    async with anyio.create_task_group() as group:
        group.start_soon(pool.hold)
        try:
            watch = Watch(new_run_id(tool.name))
            endings.append(await Caller(pool, store, settings).run(tool, ask, watch))
        finally:
            pool.leave()
    ending = endings[0]
    if isinstance(ending, Failed):
        return _failed(ending)
    sys.stdout.write(json.dumps(ending.envelope, indent=2, allow_nan=False) + "\n")
    if out is not None:
        await anyio.to_thread.run_sync(_write_files, ending, store, out)
    return BAD_STATUS if ending.envelope["status"] in tool.bad_statuses else GOOD


def _arguments(source: str | None) -> Mapping[str, Any]:
    if source is None:
        return {}
    if source == "-":
        text = sys.stdin.read()
    else:
        text = source if _is_json(source) else Path(source).read_text(encoding="utf-8")
    arguments = json.loads(text)
    if not isinstance(arguments, dict):
        raise ValueError("it holds no JSON object")  # noqa: TRY004 - told to the user as one fault
    return cast("dict[str, Any]", arguments)


def _is_json(source: str) -> bool:
    """Whether the word is the arguments themselves; nobody calls a file so."""
    return source.lstrip().startswith("{")


def _write_files(ending: Answered, store: RunStore, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    run_id = ending.envelope["run"]["run_id"]
    for artifact in ending.envelope["artifacts"]:
        file = store.file(run_id, artifact["name"], artifact["bytes"])
        if file is not None:
            (out / file.name).write_bytes(file.content)


def _failed(failure: Failed) -> int:
    sys.stderr.write(failure.text() + "\n")
    return NO_ANSWER
