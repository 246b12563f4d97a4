"""The 27 problems of NIST's StRD for nonlinear regression, and how an answer is scored.

Source:
    National Institute of Standards and Technology, Statistical Reference Datasets, nonlinear
    regression (1999); data, starts, certified values and standard deviations as published.
"""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent / "nist"
MOST_DIGITS = 11.0
"""Certified values have eleven digits."""
EXEMPT_SD = "Lanczos1"
"""Its certified residual, 1.4e-25, is below the rounding of its data in double precision."""

TERMS: dict[str, tuple[tuple[str, ...], ...]] = {
    "ENSO": (("b4", "b5", "b6"), ("b7", "b8", "b9")),
    "Gauss1": (("b3", "b4", "b5"), ("b6", "b7", "b8")),
    "Gauss2": (("b3", "b4", "b5"), ("b6", "b7", "b8")),
    "Gauss3": (("b3", "b4", "b5"), ("b6", "b7", "b8")),
    "Lanczos1": (("b1", "b2"), ("b3", "b4"), ("b5", "b6")),
    "Lanczos2": (("b1", "b2"), ("b3", "b4"), ("b5", "b6")),
    "Lanczos3": (("b1", "b2"), ("b3", "b4"), ("b5", "b6")),
    "MGH17": (("b2", "b4"), ("b3", "b5")),
}
"""Terms of equal form, which an answer may give in any order."""

SIGNS: dict[str, tuple[tuple[str, ...], ...]] = {
    "ENSO": (("b4", "b6"), ("b7", "b9")),
    "Eckerle4": (("b1", "b2"),),
    "Gauss1": (("b5",), ("b8",)),
    "Gauss2": (("b5",), ("b8",)),
    "Gauss3": (("b5",), ("b8",)),
}
"""Parameters whose signs may change together without changing the curve."""


@dataclass(frozen=True)
class Problem:
    """One problem: predictors of shape (rows, n), and everything certified by parameter."""

    name: str
    model: str
    x: np.ndarray[Any, np.dtype[np.float64]]
    y: np.ndarray[Any, np.dtype[np.float64]]
    rss: float
    certified: Mapping[str, float]
    sd: Mapping[str, float]
    starts: tuple[Mapping[str, float], Mapping[str, float]]

    @property
    def predictors(self) -> list[str]:
        """Names of the rows of `x`."""
        return ["x"] if len(self.x) == 1 else [f"x{k + 1}" for k in range(len(self.x))]

    def csv(self) -> str:
        """The data as the tool takes them, in full precision."""
        columns = np.vstack([self.x, self.y]).T.tolist()
        head = ",".join([*self.predictors, "y"])
        return "\n".join([head, *(",".join(map(repr, row)) for row in columns)])


def problems() -> list[Problem]:
    """All 27, by name."""
    listed = json.loads((FOLDER / "problems.json").read_text(encoding="utf-8"))
    return [problem(name, facts) for name, facts in listed.items()]


def problem(name: str, facts: Mapping[str, Any]) -> Problem:
    """One of them, with its data."""
    columns = np.loadtxt(FOLDER / f"{name}.csv", delimiter=",", skiprows=1).T
    y = np.log(columns[0]) if "response" in facts else columns[0]
    parameters: Mapping[str, Mapping[str, float]] = facts["parameters"]

    def column(key: str) -> dict[str, float]:
        return {b: values[key] for b, values in parameters.items()}

    starts = (column("start_1"), column("start_2"))
    return Problem(
        name,
        facts["model"],
        columns[1:],
        y,
        facts["rss"],
        column("certified"),
        column("sd"),
        starts,
    )


def digits(
    problem: Problem, values: Mapping[str, float], sd: Mapping[str, float | None] | None
) -> tuple[float, float]:
    """Correct digits of the worst parameter and of the worst standard deviation.

    The log relative error -log10(|q - c| / |c|), for the best of the equivalent forms of the
    answer; 0 where a value is missing.
    """
    best = max(equivalents(problem.name, values, sd), key=lambda form: worst(form[0], problem))
    return worst(best[0], problem), lre(best[1], problem.sd) if sd is not None else 0.0


def worst(values: Mapping[str, float], problem: Problem) -> float:
    """Digits of the worst parameter."""
    return lre(values, problem.certified)


def lre(values: Mapping[str, float | None], certified: Mapping[str, float]) -> float:
    """Smallest log relative error, between 0 and 11."""
    scores: list[float] = []
    for name, certain in certified.items():
        value = values.get(name)
        if value is None or not np.isfinite(value):
            return 0.0
        error = abs(value - certain) / abs(certain)
        scores.append(-np.log10(error) if error > 0 else MOST_DIGITS)
    return float(np.clip(min(scores), 0.0, MOST_DIGITS))


def equivalents(
    name: str, values: Mapping[str, float], sd: Mapping[str, float | None] | None
) -> Iterator[tuple[dict[str, float], dict[str, float | None]]]:
    """The answer in each form that gives the same curve."""
    terms = TERMS.get(name, ())
    errors = dict(sd or {})
    for order in itertools.permutations(terms):
        moved = {
            old: new
            for a, b in zip(terms, order, strict=True)
            for old, new in zip(a, b, strict=True)
        }
        swapped = {b: values[moved.get(b, b)] for b in values}
        swapped_sd = {b: errors.get(moved.get(b, b)) for b in values}
        for signs in itertools.product((1, -1), repeat=len(SIGNS.get(name, ()))):
            flipped = dict(swapped)
            for sign, group in zip(signs, SIGNS.get(name, ()), strict=True):
                for b in group:
                    flipped[b] *= sign
            yield flipped, swapped_sd
