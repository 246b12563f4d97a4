"""Derivatives of a function of one variable by adaptive differences, with an error bar.

Runs in the judge. Source of the method: Ridders, Accurate computation of F'(x) and F'(x) F''(x),
Advances in Engineering Software 4 (1982) 75-76; of the noise: More and Wild, Estimating
computational noise, SIAM J. Sci. Comput. 33 (2011) 1292-1314, algorithm ECnoise.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

LARGEST_STEP = 0.05
N_STEPS, N_STEPS_NATIVE = 22, 11
LEAST_STEPS = 8
N_COLUMNS = 6
EPS = 2.0**-52
NOISE_SPACING = 1e-11
NOISE_POINTS = 7
NOISE_LEVELS_SKIPPED = 3
"""The first differences hold the function's own slope and curvature."""

type Phi = Callable[[float], float]


@dataclass(frozen=True)
class Slope:
    """A derivative and how far it may be off."""

    value: float
    error: float


@dataclass(frozen=True)
class Samples:
    """phi(h) and phi(-h), less phi(0), at steps h that halve; not a number outside the domain."""

    steps: tuple[float, ...]
    up: tuple[float, ...]
    down: tuple[float, ...]


@dataclass(frozen=True)
class Slopes:
    """Derivatives at 0."""

    central: Slope
    right: Slope
    left: Slope


UNKNOWN = Slope(math.nan, math.inf)


def sample(
    phi: Phi,
    is_enough: Callable[[Samples], bool] = lambda _: False,
    n_steps: int = N_STEPS,
) -> Samples:
    """Evaluate phi, which is 0 at 0, at steps of both signs.

    Args:
        phi: The function.
        is_enough: Asked from the LEAST_STEPS-th step on; ends the series early.
        n_steps: At most.
    """
    samples = Samples((), (), ())
    for k in range(n_steps):
        h = LARGEST_STEP * 2.0**-k
        samples = Samples((*samples.steps, h), (*samples.up, phi(h)), (*samples.down, phi(-h)))
        if k + 1 >= LEAST_STEPS and is_enough(samples):
            break
    return samples


def evaluation_noise(phi: Phi) -> float:
    """Noise of phi near 0, from a difference table of 7 points; nan outside the domain.

    All points lie on one side: a jump or a kink at 0 is no noise.
    """
    values = np.array([phi((k + 1) * NOISE_SPACING) for k in range(NOISE_POINTS)])
    levels: list[float] = []
    for k in range(1, NOISE_POINTS):
        values = np.diff(values)
        factor = math.factorial(k) ** 2 / math.factorial(2 * k)
        levels.append(math.sqrt(factor * float(np.mean(values**2))))
    return min(levels[NOISE_LEVELS_SKIPPED:])


def slopes(samples: Samples, noise: float) -> Slopes:
    """Central, right and left derivative at 0 by Ridders' table.

    Args:
        samples: Of phi; steps at which a side is not finite are left out.
        noise: Standard deviation of one value of phi.
    """
    # A step of h is taken with a relative error of eps / h, and moves phi by as much of itself.
    rows = [
        (h, up, down, noise + EPS * max(abs(up), abs(down)) / h)
        for h, up, down in zip(samples.steps, samples.up, samples.down, strict=True)
    ]
    return Slopes(
        central=extrapolated([((up - down) / (2 * h), n / h) for h, up, down, n in rows], order=2),
        right=extrapolated([(up / h, 2 * n / h) for h, up, _, n in rows], order=1),
        left=extrapolated([(-down / h, 2 * n / h) for h, _, down, n in rows], order=1),
    )


def extrapolated(quotients: list[tuple[float, float]], order: int) -> Slope:
    """The entry with the least error of Neville's table over quotients at halving steps.

    An entry's error is the larger difference to its two parents, plus twice the noise.

    Args:
        quotients: Value and noise of each.
        order: Of the leading error term in the step.
    """
    best = UNKNOWN
    last: list[float] = []
    for quotient, noise in quotients:
        if not math.isfinite(quotient):
            last = []  # neighbours in the table must differ by a factor of 2 in their steps
            continue
        row = [quotient]
        for m in range(1, min(len(last), N_COLUMNS) + 1):
            value = row[m - 1] + (row[m - 1] - last[m - 1]) / (2.0 ** (order * m) - 1)
            error = max(abs(value - row[m - 1]), abs(value - last[m - 1])) + 2 * noise
            row.append(value)
            if error < best.error:
                best = Slope(value, error)
        last = row
    return best
