"""The jobs that run user code: one tracer a variant, then `make_inputs`. Runs in the server."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

import anyio
from pydantic import ValidationError

from jax_workbench.tools.benchmark_fn import BenchmarkFnAsk, Variant
from jax_workbench.tools.benchmark_fn.meanwhile import meanwhile
from jax_workbench.tools.benchmark_fn.messages import (
    N_ROTATING,
    PROGRAM,
    Draw,
    InputsAsk,
    InputSets,
    TraceAsk,
    Traced,
)
from jax_workbench.tools.benchmark_fn.rejections import Rejections
from jax_workbench.tools.contract import JobResult, Jobs, Shape
from jax_workbench.tools.errors import ToolError

TRACE = "jax_workbench.tools.benchmark_fn.trace:run"
MAKE_INPUTS = "jax_workbench.tools.benchmark_fn.make_inputs:run"
MAX_PROGRAM_MIB = 64
TRACER_SHARE = 0.5
"""Of the time left: a tracer that never ends must leave some to the others."""
SAY_EVERY_S = 3.0


@dataclass(frozen=True)
class Program:
    """What a tracer made; untrusted, and looked at by the timer alone."""

    traced: Traced
    blob: bytes
    claims_hold: bool
    """The times it claims fit into what the host measured."""


@dataclass
class Tracing:
    """The variants of one call on their way to programs, and the input sets."""

    ask: BenchmarkFnAsk
    jobs: Jobs
    baseline: str
    draws: tuple[Draw, ...]
    sizes: Mapping[str, int] = field(default_factory=dict[str, int])
    programs: dict[str, Program] = field(default_factory=dict[str, Program])
    sets: InputSets = field(default_factory=lambda: InputSets(sets=()))
    set_blobs: dict[str, bytes] = field(default_factory=dict[str, bytes])

    def __post_init__(self) -> None:
        """Nobody is out yet."""
        self.rejections = Rejections(self.baseline, is_alone=len(self.ask.variants) == 1)

    def claims(self) -> dict[str, Traced | None]:
        """What each tracer says of itself; None where it said what can't be.

        A stored program has no tracer.
        """
        return {
            name: program.traced if program.claims_hold else None
            for name, program in self.programs.items()
            if name in {variant.name for variant in self.ask.variants}
        }

    async def trace_all(self) -> None:
        """Export every variant in a worker of its own.

        Raises:
            ToolError: The baseline failed, or a failure is nobody's own.
        """
        errors: dict[str, ToolError] = {}
        started_s = anyio.current_time()

        async def trace_into(variant: Variant) -> None:
            try:
                self.programs[variant.name] = await self.trace(variant)
            except ToolError as error:
                errors[variant.name] = error

        async def trace_each() -> None:
            async with anyio.create_task_group() as group:
                for variant in self.ask.variants:
                    group.start_soon(trace_into, variant)

        def say() -> None:
            n_done, n = len(self.programs) + len(errors), len(self.ask.variants)
            seconds = anyio.current_time() - started_s
            self.jobs.progress(f"traced {n_done} of {n} variants, {seconds:.0f} s")

        await meanwhile(trace_each(), SAY_EVERY_S, say)
        for name in sorted(errors, key=lambda name: name != self.baseline):
            self.rejections.take(name, errors[name])

    async def trace(self, variant: Variant) -> Program:
        """Export one variant."""
        ask = TraceAsk(
            name=variant.name,
            code=variant.code,
            fn=variant.fn,
            make_inputs=self.ask.make_inputs,
            draws=self.draws,
            sizes=dict(self.sizes),
            seed=self.ask.seed,
            backward=self.ask.backward,
        )
        result = await self.jobs.run(
            TRACE,
            ask.model_dump(),
            blobs=self.jobs.inputs,
            shape=Shape(devices=self.ask.devices),
            x64=self.ask.x64,
            seed=self.ask.seed,
            timeout_s=TRACER_SHARE * self.jobs.left_s(),
        )
        return believed(variant.name, result)

    async def make_input_sets(self) -> None:
        """Run `make_inputs`, if there is any, with seeds that no tracer could know."""
        if not self.ask.make_inputs:
            return
        seeds = tuple(secrets.randbelow(2**31) for _ in range(N_ROTATING + 1))
        job = self.jobs.run(
            MAKE_INPUTS,
            InputsAsk(code=self.ask.make_inputs, seeds=seeds, sizes=dict(self.sizes)).model_dump(),
            blobs=self.jobs.inputs,
            x64=self.ask.x64,
            seed=self.ask.seed,
        )
        result = await meanwhile(job, SAY_EVERY_S, lambda: self.jobs.progress("making inputs"))
        self.set_blobs = {s.name: s.content for s in result.saved if s.name.startswith("set_")}
        try:
            self.sets = InputSets.model_validate(result.value)
        except ValidationError:
            raise died("make_inputs") from None
        if not len(self.sets.sets) == len(self.set_blobs) == len(seeds):
            raise died("make_inputs")


def believed(name: str, result: JobResult) -> Program:
    """A tracer's words and bytes, checked for form alone.

    Raises:
        ToolError: `worker_died` or `output_too_large`.
    """
    blob = result.blob(PROGRAM)
    try:
        traced = Traced.model_validate(result.value)
    except ValidationError:
        raise died(name) from None
    if blob is None:
        raise died(name)
    if len(blob) > MAX_PROGRAM_MIB * 2**20:
        raise ToolError(
            "output_too_large",
            f"The program of {name} has {len(blob) / 2**20:.0f} MiB; at most {MAX_PROGRAM_MIB} MiB "
            "can be timed.",
            "Pass big arrays as arguments instead of building them into the code.",
        )
    claimed_s = traced.trace_s + traced.lower_s
    return Program(traced, blob, claims_hold=claimed_s <= result.measured.wall_s)


def died(name: str) -> ToolError:
    """A job that ended well and gave nothing: it ran user code, which may do that."""
    return ToolError(
        "worker_died",
        f"The process that ran {name} handed out nothing usable.",
        "Take out what ends the process or writes to its pipes.",
    )
