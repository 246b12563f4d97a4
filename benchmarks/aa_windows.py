"""What the tool would say of pieces of a long series, for aa_rates.py; only arithmetic."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from jax_workbench.tools.benchmark_fn.comparing import (
    clock_ratios,
    is_settled,
    levels_of_looks,
    looks_s,
)
from jax_workbench.tools.benchmark_fn.judge import Conditions, rule
from jax_workbench.tools.benchmark_fn.messages import ALPHA, TimedPair

WINDOWS_S = (2, 5, 10)
EFFECTS = (0.01, 0.02)
SHIFTS = {"exact_5_percent_found": 1.05, "exact_10_percent_found": 1.10}
N_COMPARED, N_TIMED = 2, 3
"""A comparison times two programs; a series three, so its windows last that much longer."""

type Array = np.ndarray[Any, Any]
type Series = dict[str, Any]


def rates(series: Sequence[Series], stalled: float | None) -> list[dict[str, Any]]:
    """For each window length and smallest effect: how often the tool is wrong, and right."""
    return [
        one_rate(series, stalled, window_s, effect) for window_s in WINDOWS_S for effect in EFFECTS
    ]


def one_rate(
    series: Sequence[Series], stalled: float | None, window_s: float, effect: float
) -> dict[str, Any]:
    """One row: shares of the windows by what is said of A against itself and against more work.

    An exact change is made of A's second compilation: its times by the CPU clock, and by the wall
    clock, are divided by their own bias over the whole series and multiplied by the change.
    """
    same: list[str] = []
    more: list[str] = []
    shifted: dict[str, list[str]] = {name: [] for name in SHIFTS}
    for one in series:
        unbiased = {clock: 1 / ratio(one, 1, clock) for clock in ("wall_us", "cpu_us")}
        for cut in windows(one, window_s * N_TIMED / N_COMPARED):
            judge = Judge(cut, effect, window_s, stalled)
            same.append(judge.says(1, {"wall_us": 1.0, "cpu_us": 1.0}))
            more.append(judge.says(2, {"wall_us": 1.0, "cpu_us": 1.0}))
            for name, factor in SHIFTS.items():
                exact = {clock: factor * back for clock, back in unbiased.items()}
                shifted[name].append(judge.says(1, exact))
    everything = [*more, *(word for words in shifted.values() for word in words)]
    return {
        "window_s": window_s,
        "min_effect": effect,
        "n_windows": len(same),
        "identical_called_different": share(same, "faster", "slower"),
        "identical_called_same": share(same, "same"),
        **{name: share(words, "slower") for name, words in shifted.items()},
        "two_more_turns_of_40_found": share(more, "slower"),
        "wrong_sign": share(everything, "faster"),
    }


def windows(one: Series, length_s: float) -> Iterator[Series]:
    """The series in pieces of `length_s` seconds; the rest at its end is left out."""
    start = np.asarray(one["start_s"])
    for begin in np.arange(0, start[-1] - length_s, length_s):
        inside = (start >= begin) & (start < begin + length_s)
        yield {
            "start_s": (start[inside] - begin) * N_COMPARED / N_TIMED,
            "wall_us": [np.asarray(times)[inside] for times in one["wall_us"]],
            "cpu_us": [np.asarray(times)[inside] for times in one["cpu_us"]],
        }


class Judge:
    """The tool's rule on one window."""

    def __init__(self, cut: Series, effect: float, window_s: float, stalled: float | None) -> None:
        """Take a window; `effect` is the smallest change worth a verdict."""
        self.cut, self.effect = cut, effect
        self.looks = looks_s(window_s)
        used = np.concatenate(cut["cpu_us"]) / np.concatenate(cut["wall_us"])
        self.conditions = Conditions(1, "cpu", stalled, float(np.median(used)))

    def says(self, candidate: int, factors: dict[str, float]) -> str:
        """The verdict, with looks as in a run, then the ruling on both clocks."""
        pair = TimedPair(candidate="b", is_identical=False, wall=None, cpu=None)
        for at, level in zip(self.looks, levels_of_looks(len(self.looks), ALPHA), strict=True):
            pair = self.pair(candidate, factors, at, level)
            if is_settled(pair, by_cpu=True):
                break
        return rule(pair, self.conditions).verdict

    def pair(self, candidate: int, factors: dict[str, float], at: float, level: float) -> TimedPair:
        """What both clocks say of the first `at` seconds."""
        seen = self.cut["start_s"] < at
        found = {
            clock: clock_ratios(
                [self.cut[clock][0][seen], factor * self.cut[clock][candidate][seen]],
                self.effect,
                level,
                at,
            )[0]
            for clock, factor in factors.items()
        }
        return TimedPair(
            candidate="b", is_identical=False, wall=found["wall_us"], cpu=found["cpu_us"]
        )


def share(verdicts: Sequence[str], *words: str) -> float:
    """How many of the verdicts are one of the words."""
    return sum(verdict in words for verdict in verdicts) / max(1, len(verdicts))


def ratio(one: Series, candidate: int, clock: str) -> float:
    """Median time ratio of a program to the first over a whole series."""
    return float(np.median(np.asarray(one[clock][candidate]) / np.asarray(one[clock][0])))


def bias(one: Series) -> dict[str, Any]:
    """Ratios over a whole series: what two compilations differ by, and what the work adds."""
    wall, cpu = np.asarray(one["wall_us"][0]), np.asarray(one["cpu_us"][0])
    return {
        "kernel": one["kernel"],
        "n_rounds": len(wall),
        "call_cpu_us": float(np.median(cpu)),
        "cpu_per_wall": float(np.median(cpu / wall)),
        "identical_cpu_ratio": ratio(one, 1, "cpu_us"),
        "identical_wall_ratio": ratio(one, 1, "wall_us"),
        "two_more_turns_cpu_ratio": ratio(one, 2, "cpu_us"),
        "two_more_turns_wall_ratio": ratio(one, 2, "wall_us"),
    }
