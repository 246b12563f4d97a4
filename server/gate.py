"""`jax-workbench gate`: holds benchmarks to an earlier state of the code. Server only."""

import re
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
from pydantic import ValidationError

from jax_workbench.server.arguments import plain, read
from jax_workbench.server.background_pool import BackgroundPool
from jax_workbench.server.call import Caller
from jax_workbench.server.compiled_base import read_base
from jax_workbench.server.gate_file import Benchmark, GateFileError, code_at, read_benchmarks
from jax_workbench.server.gate_report import Case, as_junit, as_markdown, cases_of
from jax_workbench.server.reply import Answered, Ending, Failed
from jax_workbench.server.run_store import RunStore, new_run_id
from jax_workbench.server.sandboxing import local_pool
from jax_workbench.server.settings import Settings
from jax_workbench.server.watch import Watch
from jax_workbench.tools.benchmark_fn import TOOL

NOTHING_PROVEN, SLOWER, NOT_MEASURED = 0, 1, 2


@dataclass(frozen=True)
class GateOptions:
    """What the command line says: the file, what to compare with, where reports go."""

    file: Path
    against: str = ""
    programs: Path | None = None
    keep: Path | None = None
    junit: Path | None = None
    summary: Path | None = None


@dataclass(frozen=True)
class Planned:
    """The call that one benchmark becomes."""

    arguments: dict[str, Any]
    is_stored: bool = False


def plan_call(benchmark: Benchmark, options: GateOptions) -> Planned:
    """Add the baseline to a benchmark of one function; several compare among themselves.

    Raises GateFileError.
    """
    arguments = {**benchmark.arguments, "variants": [*benchmark.variants]}
    if len(benchmark.variants) > 1:
        return Planned(arguments, is_stored=str(arguments.get("baseline")).startswith("workbench:"))
    kept = options.programs and options.programs / f"{benchmark.name}.bin"
    if kept and kept.is_file():
        files = [*arguments.get("files", []), str(kept.resolve())]
        return Planned({**arguments, "files": files, "baseline": kept.name}, is_stored=True)
    if options.programs or not (options.against and benchmark.files[0]):
        stored = str(arguments.get("baseline", "")).startswith("workbench:")
        return Planned(arguments, is_stored=stored)
    code = code_at(options.against, benchmark.files[0])
    if code is None:
        return Planned(arguments)
    variant = next(iter(benchmark.variants))
    name = f"{variant['name']} at {options.against}"[:64]
    return Planned({**arguments, "variants": [{**variant, "name": name, "code": code}, variant]})


async def run_gate(options: GateOptions, settings: Settings) -> int:
    """Run every benchmark of the file, write the reports; the exit code says what was proven."""
    roots = settings.roots or (Path.cwd(),)
    if options.programs:
        roots = (*roots, options.programs.resolve())
    settings = replace(settings, roots=roots)
    try:
        benchmarks = await anyio.to_thread.run_sync(read_benchmarks, options.file)
        planned = [await anyio.to_thread.run_sync(plan_call, b, options) for b in benchmarks]
        asks = [_ask(b.name, p) for b, p in zip(benchmarks, planned, strict=True)]
    except GateFileError as error:
        sys.stderr.write(f"jax-workbench gate: {error}\n")
        return NOT_MEASURED
    cases: list[Case] = []
    store = RunStore.open(settings)

    async def call_each(caller: Caller) -> None:
        for benchmark, plan, ask in zip(benchmarks, planned, asks, strict=True):
            ending = await caller.run(TOOL, ask, Watch(new_run_id(TOOL.name)))
            found = [*cases_of(benchmark.name, ending, is_stored=plan.is_stored)]
            cases.extend(found)
            for case in found:
                sys.stdout.write(
                    f"{case.outcome:9} {case.benchmark}: {case.verdict} {case.ratio}\n"
                )
            sys.stdout.flush()
            if options.keep and len(benchmark.variants) == 1:
                await anyio.to_thread.run_sync(
                    _keep, options.keep / f"{benchmark.name}.bin", benchmark, ending, store
                )

    try:
        await _in_pool(settings, store, call_each)
    finally:
        store.close()
    await anyio.to_thread.run_sync(_write, options, cases)
    return exit_code(cases)


def exit_code(cases: list[Case]) -> int:
    """1 where a slowdown is proven; else 2 where something could not be measured; else 0."""
    outcomes = {case.outcome for case in cases}
    if "slower" in outcomes:
        return SLOWER
    return NOT_MEASURED if "broken" in outcomes else NOTHING_PROVEN


async def _in_pool(
    settings: Settings, store: RunStore, work: Callable[[Caller], Awaitable[None]]
) -> None:
    pool = BackgroundPool(local_pool(settings, read_base(settings)))
    async with anyio.create_task_group() as group:
        group.start_soon(pool.hold)
        try:
            await work(Caller(pool, store, settings))
        finally:
            pool.leave()


def _ask(name: str, planned: Planned) -> Any:
    try:
        return read(TOOL.ask, planned.arguments)
    except ValidationError as error:
        raise GateFileError(f"{name}: {plain(error, TOOL.ask)}") from error


def _keep(place: Path, benchmark: Benchmark, ending: Ending, store: RunStore) -> None:
    """Write the program of a benchmark's own variant, for a later run's `--programs`."""
    if isinstance(ending, Failed):
        return
    stem = re.sub(r"[^A-Za-z0-9._-]", "_", benchmark.variants[0]["name"])
    name = f"program_{stem}.bin"
    content = _content(ending, store, name)
    if content is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


def _content(ending: Answered, store: RunStore, name: str) -> bytes | None:
    for artifact in ending.envelope["artifacts"]:
        if artifact["name"] == name:
            file = store.file(ending.envelope["run"]["run_id"], name, artifact["bytes"])
            return file.content if file else None
    return None


def _write(options: GateOptions, cases: list[Case]) -> None:
    for path, text in ((options.junit, as_junit), (options.summary, as_markdown)):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text(cases), encoding="utf-8")
