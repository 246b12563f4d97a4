"""Who takes part in the rounds: programs are read, refused, compiled, run and compared.

Runs in the timer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from jax_workbench.tools.benchmark_fn.equality import Expected, expect
from jax_workbench.tools.benchmark_fn.input_sets import make_sets
from jax_workbench.tools.benchmark_fn.messages import (
    N_ROTATING,
    Refusal,
    Stuck,
    TimedCheck,
    TimerAsk,
    TimerVariant,
)
from jax_workbench.tools.benchmark_fn.prepare import (
    Compiled,
    Loaded,
    Refused,
    TooLong,
    compile_program,
    first_call,
    fits,
    load,
    run_program,
    within,
)
from jax_workbench.tools.benchmark_fn.refusals import foreign_calls, refusal
from jax_workbench.tools.benchmark_fn.rounds import CLOCK
from jax_workbench.tools.contract import Job
from jax_workbench.tools.errors import ErrorCode, ToolError

CHECK_SHARE = 0.3
"""Of the time left, at most that much goes into comparing outputs."""
SLOW_S = 0.1
"""A first call that takes longer is not repeated to see how long a call takes."""
ALONE_SHARE, FIRST_SHARE = 0.9, 0.5
"""Of the time left, for one step of one variant; with several, a second try must remain."""

BASELINE_ERRORS: dict[str, ErrorCode] = {
    "out_of_memory": "out_of_memory",
    "execution_failed": "user_code_failed",
}


class Spoilt(Exception):
    """A variant hangs in this process; it must be timed again without it."""

    def __init__(self, stuck: Stuck) -> None:
        """Name the variant."""
        super().__init__(stuck.name)
        self.stuck = stuck


@dataclass
class Entrant:
    """One variant on its way into the rounds, or out."""

    name: str
    loaded: Loaded | None = None
    compiled: Compiled | None = None
    first_call_s: float | None = None
    refused: Refusal | None = None

    @property
    def is_in(self) -> bool:
        """Whether it will be timed."""
        return self.compiled is not None and self.refused is None


@dataclass
class LineUp:
    """All variants, the baseline first, the input sets, and what the baseline gives on them."""

    ask: TimerAsk
    blobs: Mapping[str, bytes]
    job: Job
    started_ns: int = field(default_factory=CLOCK)
    entrants: list[Entrant] = field(default_factory=list[Entrant])
    sets: list[list[Any]] = field(default_factory=list[list[Any]])
    """Rotating ones, then those for the check of outputs alone."""
    input_sets: list[list[Any]] = field(default_factory=list[list[Any]])
    """The rotating ones that there is time for."""
    expected: list[Expected] = field(default_factory=list[Expected])
    """By the baseline; the first ones belong to `input_sets`."""
    checks: list[TimedCheck] = field(default_factory=list[TimedCheck])

    def left_s(self) -> float:
        """Seconds until the job must have answered."""
        return self.ask.deadline_s - (CLOCK() - self.started_ns) / 1e9

    def read(self) -> None:
        """Load and inspect all programs, and refuse those that can't be compared."""
        self.entrants = [self.entrant(variant) for variant in self.ask.variants]
        baseline, *candidates = self.entrants
        if baseline.refused is None and baseline.loaded:
            baseline.refused = foreign_calls(baseline.loaded.program.facts)
        if baseline.refused or baseline.loaded is None:
            raise baseline_error(baseline)
        for entrant in candidates:
            if entrant.loaded:
                entrant.refused = refusal(
                    entrant.loaded.program,
                    baseline.loaded.program,
                    check_outputs=self.ask.check_outputs,
                    rtol=self.ask.rtol,
                )

    def entrant(self, variant: TimerVariant) -> Entrant:
        """One variant, loaded or refused."""
        try:
            return Entrant(variant.name, load(variant, self.blobs[variant.blob]))
        except Refused as refused:
            return Entrant(variant.name, refused=refused.refusal)

    def draw(self) -> None:
        """Make the input sets."""
        loaded = self.entrants[0].loaded
        assert loaded  # noqa: S101 - checked in `read`
        self.sets = make_sets(self.ask, self.blobs, loaded.exported.in_avals)

    def bring_in(self) -> None:
        """Compile, run and compare everyone who was not refused."""
        for i, entrant in enumerate(self.entrants):
            if entrant.refused or entrant.loaded is None:
                continue
            try:
                self.compile(entrant, entrant.loaded)
                self.step(entrant, "run", lambda e=entrant, i=i: self.enter(e, is_base=i == 0))
            except Refused as refused:
                entrant.refused = refused.refusal
                if i == 0:
                    raise baseline_error(entrant) from None

    def compile(self, entrant: Entrant, loaded: Loaded) -> None:
        """Compile one program."""
        entrant.compiled = self.step(entrant, "compile", lambda: compile_program(loaded))

    def step[T](self, entrant: Entrant, phase: Any, work: Callable[[], T]) -> T:
        """Do one step of one variant within its share of the time left."""
        share = ALONE_SHARE if len(self.entrants) == 1 else FIRST_SHARE
        doing = "compiling" if phase == "compile" else "first calls"
        self.job.progress(f"{entrant.name}: {doing}")
        try:
            return within(
                max(0.5, share * self.left_s()),
                work,
                lambda: self.job.progress(f"{entrant.name}: {doing}"),
            )
        except TooLong as too_long:
            stuck = Stuck(name=entrant.name, phase=phase, after_s=too_long.after_s)
            raise Spoilt(stuck) from None

    def enter(self, entrant: Entrant, *, is_base: bool) -> None:
        """First call, then the baseline says what is right and the others are compared."""
        assert entrant.compiled  # noqa: S101 - compiled just before
        fits(entrant.compiled)
        call = entrant.compiled.call
        outputs, entrant.first_call_s = first_call(call, self.sets[0])
        if is_base:
            self.set_standard(entrant, outputs)
        elif self.ask.check_outputs:
            self.check_outputs(entrant, outputs)
        else:
            for arguments in self.input_sets[1:]:
                run_program(call, arguments)

    def set_standard(self, entrant: Entrant, outputs: list[Any]) -> None:
        """Run the baseline on as many input sets as there is time for.

        With time for one it is the first rotating set; those for the check alone come last.
        """
        assert entrant.compiled  # noqa: S101 - compiled just before
        assert entrant.loaded  # noqa: S101 - compiled from it
        call, contraction = entrant.compiled.call, entrant.loaded.program.facts.contraction
        once_s = entrant.first_call_s or 0.0
        if once_s < SLOW_S:
            _, once_s = first_call(call, self.sets[0])
        affordable = int(CHECK_SHARE * self.left_s() / (len(self.entrants) * max(once_s, 1e-9)))
        rotating, only_checked = self.sets[:N_ROTATING], self.sets[N_ROTATING:]
        n_sets = min(len(self.sets), max(1, affordable))
        self.input_sets = rotating[: max(1, n_sets - 1)]
        tried = [*self.input_sets, *only_checked][:n_sets]
        self.expected = [
            expect(
                call,
                arguments,
                outputs if i == 0 else run_program(call, arguments),
                contraction,
                self.ask.rtol,
            )
            for i, arguments in enumerate(tried)
        ]

    def check_outputs(self, entrant: Entrant, outputs: list[Any]) -> None:
        """Compare a candidate with the baseline on every input set; `outputs` are of the first.

        Raises:
            Refused: `outputs_differ`, with the output that differs most.
        """
        assert entrant.compiled  # noqa: S101 - compiled just before
        call, largest = entrant.compiled.call, 0.0
        for i, expected in enumerate(self.expected):
            found = expected.compare(outputs if i == 0 else run_program(call, expected.arguments))
            largest = max(largest, found.largest)
            if not found.is_equal:
                assert entrant.loaded  # noqa: S101 - compiled from it
                path = entrant.loaded.program.out_paths[found.leaf]
                text = self.differs(path, found.largest, expected.tolerances[found.leaf], i)
                self.note("outputs_equal", f"{entrant.name}: {text}", ok=False)
                raise Refused(Refusal(reason="outputs_differ", text=text))
        text = f"{entrant.name}: equal on {len(self.expected)} secret input sets"
        self.note("outputs_equal", f"{text}; largest relative error {largest:.1e}.", ok=True)

    def differs(self, path: str, largest: float, tolerance: float, index: int) -> str:
        """How an output differs from the baseline's."""
        by = f"by {largest:.1e} relative to its scale" if np.isfinite(largest) else "in kind"
        why = "" if np.isfinite(largest) else " (an integer, a NaN or an infinity)"
        return (
            f"{path} differs from the baseline's {by}{why} on secret input set {index + 1}; "
            f"the tolerance is {tolerance:.1e}."
        )

    def note(self, code: str, text: str, *, ok: bool) -> None:
        """Record a check."""
        self.checks.append(TimedCheck(code=code, ok=ok, text=text))


def baseline_error(baseline: Entrant) -> ToolError:
    """There is no answer without a baseline."""
    assert baseline.refused  # noqa: S101 - the caller saw it
    reason, text = baseline.refused.reason, baseline.refused.text
    return ToolError(
        BASELINE_ERRORS.get(reason, "unsupported"),
        f"Baseline {baseline.name} can't be timed ({reason}): {text}",
        "Mend it, or name another variant as baseline.",
    )
