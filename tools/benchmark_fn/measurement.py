"""Measures until every comparison is decided or the time is over. Runs in the timer."""

from collections.abc import Callable
from typing import Any, Literal

import jax
import numpy as np

from jax_workbench.tools.benchmark_fn.comparing import (
    clock_ratios,
    is_settled,
    levels_of_looks,
    looks_s,
)
from jax_workbench.tools.benchmark_fn.compilations import Compilations
from jax_workbench.tools.benchmark_fn.line_up import LineUp
from jax_workbench.tools.benchmark_fn.messages import Refusal, TimedPair
from jax_workbench.tools.benchmark_fn.rounds import CLOCK, Rounds
from jax_workbench.tools.benchmark_fn.statistics import centre

REPORT_EVERY_S = 2.0
MARGIN_S = 0.5
"""Kept for the answer itself."""

type ClockName = Literal["wall", "cpu"]
type Between = Callable[[], None]


class Measurement:
    """The rounds of one line-up, and what they say at each look."""

    def __init__(self, line_up: LineUp) -> None:
        """Take part: everyone who was not refused. The first is the baseline."""
        self.line_up = line_up
        self.entrants = [entrant for entrant in line_up.entrants if entrant.is_in]
        self.names = [entrant.name for entrant in self.entrants]
        self.rounds = Rounds(
            calls=[entrant.compiled.call for entrant in self.entrants if entrant.compiled],
            input_sets=line_up.input_sets,
            seed=int(line_up.ask.secret, 16) % 2**63,
            recheck=self.recheck,
        )
        self.pairs: tuple[TimedPair, ...] = ()
        self.measured_s = 0.0
        self.is_decided = False
        self.n_rechecked = 0
        self.compilations = Compilations()
        self.between: Between = lambda: None
        """Called outside the clock after each piece of rounds, at least every 2 s."""

    def run(self) -> None:
        """Calibrate, measure up to each look, and stop when everything is decided.

        Without time for one round there are no times, and no comparisons.
        """
        ask = self.line_up.ask
        round_s = sum(entrant.first_call_s or 0.0 for entrant in self.entrants)
        if ask.budget_s <= 0 or self.line_up.left_s() - MARGIN_S < round_s:
            return
        self.line_up.job.progress("warming up")
        started = CLOCK()
        self.rounds.calibrate()
        round_s = (CLOCK() - started) / 1e9
        budget = min(ask.budget_s, self.line_up.left_s() - MARGIN_S)
        looks = looks_s(budget)
        for at, level in zip(looks, levels_of_looks(len(looks), ask.alpha), strict=True):
            self.measure_until(at, round_s)
            self.pairs = self.compare(level)
            self.is_decided = self.decided()
            if self.is_decided or self.line_up.left_s() < MARGIN_S:
                break

    def measure_until(self, at: float, round_s: float) -> None:
        """Measure up to `at` seconds in all; a slow round that would not fit is not begun."""
        while self.measured_s < at:
            room = self.line_up.left_s() - MARGIN_S
            if self.rounds.n_rounds:
                round_s = self.measured_s / self.rounds.n_rounds
            if room < round_s:
                return
            piece = min(at - self.measured_s, REPORT_EVERY_S, room)
            with self.compilations:
                self.measured_s += self.rounds.run(piece)
            self.between()
            self.line_up.job.progress(
                f"timed {self.measured_s:.0f} of up to {self.line_up.ask.budget_s:.0f} s"
            )

    def recheck(self, variant: int, input_set: int, outputs: Any) -> None:
        """Compare the outputs of a timed call; a variant that fails is out."""
        entrant = self.entrants[variant]
        if entrant.refused or not self.line_up.ask.check_outputs:
            return
        self.n_rechecked += 1
        found = self.line_up.expected[input_set].compare(outputs)
        if not found.is_equal:
            text = "A timed call gave other outputs than the same call before."
            entrant.refused = Refusal(reason="outputs_differ", text=text)
            self.line_up.note("timed_outputs_equal", f"{entrant.name}: {text}", ok=False)

    def compare(self, alpha: float) -> tuple[TimedPair, ...]:
        """Every candidate against the baseline, by both clocks; `alpha` is for this look."""
        effect, variants = self.line_up.ask.min_effect, range(len(self.entrants))
        by_clock = {
            clock: clock_ratios(
                [self.rounds.times_us(i, clock) for i in variants], effect, alpha, self.measured_s
            )
            for clock in ("wall", "cpu")
        }
        base = self.entrants[0].loaded
        pairs: list[TimedPair] = []
        for i, entrant in enumerate(self.entrants[1:]):
            same = (
                base
                and entrant.loaded
                and (base.program.facts.program == entrant.loaded.program.facts.program)
            )
            pairs.append(
                TimedPair(
                    candidate=entrant.name,
                    is_identical=bool(same),
                    wall=by_clock["wall"][i],
                    cpu=by_clock["cpu"][i],
                )
            )
        return tuple(pairs)

    def decided(self) -> bool:
        """Whether further time could not change what will be said."""
        if not self.pairs:
            return self.is_narrow()
        # On several cores CPU time is work, not time.
        one_core = self.line_up.ask.n_cores == 1 and jax.default_backend() == "cpu"
        return all(pair.is_identical or is_settled(pair, by_cpu=one_core) for pair in self.pairs)

    def is_narrow(self) -> bool:
        """Whether a lone variant's median is known to half the smallest effect."""
        clock: ClockName = "cpu" if self.line_up.ask.n_cores == 1 else "wall"
        times = self.rounds.times_us(0, clock)
        if not len(times) or not np.all(times > 0):
            return False
        found = centre(times)
        return found.ci_high / found.median - 1 <= self.line_up.ask.min_effect / 2
