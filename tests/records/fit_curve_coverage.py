"""The record of interval coverage: how often 95 % intervals hold the truth.

Run: `python tests/records/fit_curve_coverage.py [--seeds N]`. About twenty minutes of CPU. Writes
fit_curve_coverage.json and .md. Each data set is fitted from the truth, since what is measured is
the interval and not the search.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from jax_workbench.tools.fit_curve import FitCurveAsk
from jax_workbench.tools.fit_curve.errors_in_x import fit_with_errors_in_x
from jax_workbench.tools.fit_curve.fit import described
from jax_workbench.tools.fit_curve.fit_model import rows_of
from jax_workbench.tools.fit_curve.model import read_model
from jax_workbench.tools.fit_curve.observations import Observations
from jax_workbench.tools.fit_curve.parameters import Grouping, make_curve
from jax_workbench.tools.fit_curve.robust_fit import fit_robustly
from jax_workbench.tools.fit_curve.solve import Solver

sys.path.insert(0, str(Path(__file__).parent))
from record_file import table, write_record

LOWEST, HIGHEST = 0.91, 0.98


@dataclass(frozen=True)
class Generator:
    """How data of one kind arise.

    Attributes:
        sigma: Standard deviation of y, known to the fit as `sigma_kind` says; "" for not at all.
        x_sigma: Standard deviation of x, known; 0 for exact x.
        share_spoilt: Of rows that get an error of ten standard deviations.
    """

    name: str
    model: str
    truth: tuple[float, ...]
    x: NDArray[Any]
    formula: Callable[..., NDArray[Any]]
    sigma: NDArray[Any]
    sigma_kind: str = ""
    x_sigma: float = 0.0
    share_spoilt: float = 0.0
    loss: str = "linear"


def generators() -> list[Generator]:
    """Decay, few points, unequal and known errors, saturation, a peak, outliers, errors in x."""

    def decay(x: Any, a: float, k: float) -> Any:
        return a * np.exp(-k * x)

    def saturation(x: Any, v: float, k: float) -> Any:
        return v * x / (k + x)

    def peak(x: Any, a: float, m: float, w: float, c: float) -> Any:
        return a * np.exp(-((x - m) ** 2) / (2 * w**2)) + c

    def line(x: Any, a: float, b: float) -> Any:
        return a * x + b

    few, some, many = np.linspace(0, 4, 6), np.linspace(0, 5, 15), np.linspace(0, 10, 60)
    flat = np.ones_like
    uneven = 0.02 + 0.04 * some
    model = "a*exp(-k*x)"
    return [
        Generator("decay, 15 rows", model, (3, 0.8), some, decay, 0.1 * flat(some)),
        Generator("decay, 6 rows", model, (3, 0.8), few, decay, 0.1 * flat(few)),
        Generator("unequal sigma, relative", model, (3, 0.8), some, decay, uneven, "relative"),
        Generator("unequal sigma, absolute", model, (3, 0.8), some, decay, uneven, "absolute"),
        Generator("saturation, strongly curved", "v*x/(k+x)", (10, 6), some, saturation,
                  0.4 * flat(some)),
        Generator("peak on a background", "a*exp(-(x-m)^2/(2*w^2))+c", (4, 5, 0.8, 1), many, peak,
                  0.4 * flat(many)),
        Generator("outliers, Huber loss", model, (3, 0.8), many / 2, decay, 0.1 * flat(many),
                  share_spoilt=0.05, loss="huber"),
        Generator("errors in x", "a*x+b", (2, 1), many, line, 0.5 * flat(many), "absolute", 0.3),
        Generator("errors in x of a curve", model, (3, 0.8), many / 2, decay, 0.1 * flat(many),
                  "absolute", 0.1),
    ]  # fmt: skip


def coverage(generator: Generator, seeds: int) -> list[float]:
    """Share of the seeds whose interval holds the truth, parameter by parameter."""
    ask = FitCurveAsk.model_validate({
        "model": generator.model, "x": [0.0], "y": [0.0], "loss": generator.loss,
        "sigma": [1.0] if generator.sigma_kind else [], "sigma_kind": generator.sigma_kind,
    })  # fmt: skip
    model = read_model(generator.model, ["x"])
    curve = make_curve(model.function, model.parameters, 1, {}, Grouping())
    held = np.zeros(len(generator.truth))
    solver: Solver | None = None
    for seed in range(seeds):
        seen = drawn(generator, seed)
        rows = rows_of(seen)
        solver = Solver(curve, rows, 0) if solver is None else solver.onto(rows)
        held += holds(ask, model, solver, seen, generator)
    return (held / seeds).tolist()


def drawn(generator: Generator, seed: int) -> Observations:
    """One data set."""
    rng = np.random.default_rng(seed)
    x, sigma = generator.x, generator.sigma
    y = generator.formula(x, *generator.truth) + sigma * rng.normal(size=x.size)
    y = y + 10 * sigma * (rng.random(x.size) < generator.share_spoilt)
    x = x + generator.x_sigma * rng.normal(size=x.size)
    errors = np.full(x.size, generator.x_sigma) if generator.x_sigma else None
    known = sigma if generator.sigma_kind else None
    rows = np.arange(x.size, dtype=float)
    return Observations(("x",), x[None], y, known, errors, None, (), rows, (), ())


def holds(
    ask: FitCurveAsk, model: Any, solver: Solver, seen: Observations, generator: Generator
) -> NDArray[Any]:
    """Which parameters' intervals hold the truth; an open side holds everything there."""
    truth = np.array(generator.truth, float)
    solution = solver.solve(truth, searching=False)
    objective, threshold = solver.objective, 0.0
    if seen.x_sigma is not None:
        objective, theta, cost, _, _ = fit_with_errors_in_x(
            solver.curve, solver.rows, seen.x_sigma, solution
        )
        solution = replace(solution, theta=theta, cost=cost)
    if generator.loss != "linear":
        robust = fit_robustly(objective, solution, generator.loss, sd_is_known=False)
        solution, objective = robust.solution, robust.objective
        threshold = objective.loss.threshold
    fit = described(ask, model, solver.curve, seen, objective, solution, threshold, lambda _: None)
    ends = [
        (-np.inf if i.low is None else i.low, np.inf if i.high is None else i.high)
        for i in fit.intervals
    ]
    return np.array([low <= value <= high for (low, high), value in zip(ends, truth, strict=True)])


def is_right(shares: Sequence[float]) -> bool:
    """Whether every parameter lies within 91 and 98 %."""
    return all(LOWEST <= share <= HIGHEST for share in shares)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    seeds = parser.parse_args().seeds
    found: dict[str, list[float]] = {}
    with jax.enable_x64(True):
        for generator in generators():
            found[generator.name] = coverage(generator, seeds)
            print(generator.name, found[generator.name], flush=True)  # noqa: T201 - progress
    rows = [
        [name, ", ".join(f"{share:.1%}" for share in shares), "yes" if is_right(shares) else "no"]
        for name, shares in found.items()
    ]
    lines = [
        f"Share of {seeds} simulated data sets whose 95 % interval holds the true value, for each",
        "parameter. Two standard errors of such a share are 3 %.",
        "",
        *table(["data", "coverage", "within 91 and 98 %"], rows),
    ]
    write_record(
        "fit_curve_coverage",
        "Coverage of fit_curve's intervals",
        {"seeds": seeds, "coverage": found},
        lines,
    )


if __name__ == "__main__":
    main()
