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
from jax_workbench.server.gate_file import (
    Benchmark,
    GateFileError,
    code_at,
    defines,
    read_benchmarks,
)
from jax_workbench.server.gate_report import (
    Case,
    as_junit,
    as_markdown,
    cases_of,
    without_baseline,
    without_program,
)
from jax_workbench.server.reply import Ending, Failed
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
    why_alone: str = ""
    """Why what it was to be compared with does not exist, which is no fault."""
    missing: str = ""
    """What to say of the kept program that should exist and does not."""


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
    if baseline := arguments.get("baseline"):
        return Planned(arguments, is_stored=str(baseline).startswith("workbench:"))
    if kept:
        return Planned(
            arguments,
            missing=f"There is no kept program {kept}; run the gate on the old "
            f"code, without --programs and with --keep {options.programs}.",
        )
    if options.against:
        return _beside_revision(benchmark, arguments, options.against)
    return Planned(arguments)


def _beside_revision(benchmark: Benchmark, arguments: dict[str, Any], revision: str) -> Planned:
    """Add the function as it was at a git revision. Raises GateFileError."""
    file, variant = benchmark.files[0], benchmark.variants[0]
    if file is None:
        return Planned(arguments, why_alone="Its code is not in a file, so no revision has it.")
    code, fn = code_at(revision, file), variant.get("fn", "fn")
    if code is None:
        return Planned(arguments, why_alone=f"{revision} has no {file.name}.")
    if not defines(code, fn):
        return Planned(
            arguments, why_alone=f"{file.name} at {revision} defines nothing called {fn}."
        )
    old = {**variant, "name": f"{variant['name']} at {revision}"[:64], "code": code}
    return Planned({**arguments, "variants": [old, variant]})


async def run_gate(options: GateOptions, settings: Settings) -> int:
    """Run every benchmark of the file, write the reports; the exit code says what was proven."""
    roots = settings.roots or (Path.cwd(),)
    if options.programs:
        roots = (*roots, options.programs.resolve())
    settings = replace(settings, roots=roots)
    try:
        if options.programs and not options.programs.is_dir():
            raise GateFileError(
                f"--programs {options.programs}: there is no such folder; run the gate on the old "
                f"code, without --programs and with --keep {options.programs}."
            )
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
            found: list[Case] = []
            if options.keep or not plan.missing:
                ending = await caller.run(TOOL, ask, Watch(new_run_id(TOOL.name)))
                found = [*cases_of(benchmark.name, ending, is_stored=plan.is_stored)]
                if options.keep and len(benchmark.variants) == 1:
                    place = options.keep / f"{benchmark.name}.bin"
                    await anyio.to_thread.run_sync(_keep, place, benchmark, ending, store)
            _tell(found := _judged(benchmark.name, plan, found))
            cases.extend(found)

    try:
        await _in_pool(settings, store, call_each)
    finally:
        store.close()
    await anyio.to_thread.run_sync(_write, options, cases)
    return exit_code(cases)


def _judged(name: str, plan: Planned, found: list[Case]) -> list[Case]:
    """The cases of one benchmark, once it is said what it was not compared with."""
    if plan.missing:
        return [
            *(case for case in found if case.outcome != "ok"),
            without_program(name, plan.missing),
        ]
    return [without_baseline(case, plan.why_alone) for case in found] if plan.why_alone else found


def _tell(found: list[Case]) -> None:
    for case in found:
        sys.stdout.write(case.line())
        if case.outcome in {"uncompared", "broken"}:
            sys.stderr.write(f"{case.benchmark}: {case.text}\n")
    sys.stdout.flush()


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
    stem = re.sub(r"[^A-Za-z0-9._-]", "_", benchmark.variants[0]["name"])
    content = _content(ending, store, f"program_{stem}.bin")
    if content is None:
        sys.stderr.write(f"{benchmark.name}: the call gave no program, so {place} isn't written.\n")
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)


def _content(ending: Ending, store: RunStore, name: str) -> bytes | None:
    if isinstance(ending, Failed):
        return None
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
