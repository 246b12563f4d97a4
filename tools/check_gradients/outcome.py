"""What the differences along one direction say of its derivative by AD. Runs in the judge."""

import math
from dataclasses import dataclass
from typing import Literal

from jax_workbench.tools.check_gradients.differences import Samples, Slopes, slopes

type Kind = Literal["pass", "fail", "kink", "jump", "uncertain"]

JUMP_STEPS, JUMP_SPREAD, JUMP_OVER_NOISE, JUMP_OVER_SLOPE = 6, 0.3, 1000, 10
KINK_STEPS, KINK_SPREAD, KINK_OVER_NOISE, KINK_RELATIVE = 4, 0.15, 40, 1e-4
ERRORS = 10
"""Error bars that a difference may lie off."""
STILL_OVER_NOISE = 100
NOISY_OVER_EPS, NOISY_UNDER_VALUE = 1000, 10
"""Noise that is no rounding: so far above that of the value, and so far below the value itself."""
SETTLED = 1e-7
"""Of the scale: the tolerance at which no smaller step is taken."""
UNCERTAIN = 0.05
"""Of the scale: a wider tolerance decides nothing ..."""
NEGLIGIBLE = 1e-7
"""... unless it is this small against the function itself."""


@dataclass(frozen=True)
class ByAD:
    """A directional derivative by AD: its value, and the norms of its terms g_i v_i."""

    value: float
    norm1: float
    norm2: float


@dataclass(frozen=True)
class Precision:
    """What limits a comparison."""

    eps: float
    relative: float
    """Of the scale: the least tolerance."""
    is_native: bool = False


@dataclass(frozen=True)
class Outcome:
    """One direction."""

    kind: Kind
    ad: float
    fd: float
    fd_error: float
    tolerance: float
    scale: float
    slope_left: float
    slope_right: float
    noise: float

    @property
    def resolution(self) -> float | None:
        """Smallest relative fault that would have been seen; None for a derivative of 0."""
        ratio = self.tolerance / self.scale if self.scale else math.inf
        return ratio if math.isfinite(ratio) else None


def is_settled(samples: Samples, noise: float, ad: ByAD) -> bool:
    """Whether smaller steps would change nothing: no kink, and an error far below what counts."""
    found = slopes(samples, noise)
    scale = max(ad.norm2, abs(found.central.value))
    gap = abs(found.right.value - found.left.value)
    error = found.right.error + found.left.error
    return (
        ERRORS * found.central.error <= SETTLED * scale
        and gap <= ERRORS * error + KINK_RELATIVE * scale
    )


def compare(
    samples: Samples, noise: float, ad: ByAD, precision: Precision, magnitude: float
) -> Outcome:
    """Judge a derivative by AD against differences.

    Args:
        samples: Of the function along the direction.
        noise: Of one of its values.
        ad: By AD.
        precision: What limits the comparison.
        magnitude: Size of the function's value, to tell a derivative of 0 from an unknown one.
    """
    found = slopes(samples, noise)
    fd, error = found.central.value, found.central.error
    scale = max(ad.norm2, abs(fd)) if math.isfinite(fd) else ad.norm2
    tolerance = ERRORS * error + precision.relative * scale + 64 * precision.eps * ad.norm1
    kind: Kind
    is_noisy = NOISY_OVER_EPS * precision.eps * magnitude < noise < magnitude / NOISY_UNDER_VALUE
    # At a stationary point the function's own change is what a derivative counts against.
    magnitude = max(magnitude, largest(samples) / samples.steps[0])
    if has_jump(samples, noise, ad.value):
        kind = "jump"
    elif has_kink(samples, found, noise, scale):
        fits = lies_between(ad.value, found, tolerance=1e-3 * scale)
        kind = "kink" if fits else "fail"
    elif not math.isfinite(error):
        kind = "uncertain"
    elif is_still(samples, noise, ad.value):
        # A slope that the noise hides may be anything.
        kind, scale = ("uncertain" if is_noisy else "pass"), 0.0
    elif tolerance > max(UNCERTAIN * scale, NEGLIGIBLE * magnitude):
        kind = "uncertain"
    else:
        kind = "fail" if abs(fd - ad.value) > tolerance else "pass"
    return Outcome(
        kind, ad.value, fd, error, tolerance, scale, found.left.value, found.right.value, noise
    )


def is_still(samples: Samples, noise: float, ad: float) -> bool:
    """Whether neither the function nor AD's tangent leaves the noise, however large the step."""
    limit = STILL_OVER_NOISE * noise
    return largest(samples) <= limit and abs(ad) * samples.steps[0] <= limit


def largest(samples: Samples) -> float:
    """Largest change of the function over all steps; 0 without a finite one."""
    values = (abs(v) for v in (*samples.up, *samples.down) if math.isfinite(v))
    return max(values, default=0.0)


def has_jump(samples: Samples, noise: float, ad: float) -> bool:
    """Whether the function differs from its value at 0 by a constant, however small the step."""
    for side in (samples.up, samples.down):
        sizes = [(h, abs(v)) for h, v in zip(samples.steps, side, strict=True) if math.isfinite(v)]
        last = sizes[-JUMP_STEPS:]
        if len(last) < JUMP_STEPS:
            continue
        low, high = min(v for _, v in last), max(v for _, v in last)
        is_constant = high - low <= JUMP_SPREAD * high
        if is_constant and all(
            v > JUMP_OVER_NOISE * noise and v > JUMP_OVER_SLOPE * abs(ad) * h for h, v in last
        ):
            return True
    return False


def has_kink(samples: Samples, found: Slopes, noise: float, scale: float) -> bool:
    """Whether the slopes on the two sides differ; a gap that shrinks with the step is curvature."""
    gap = found.right.value - found.left.value
    error = found.right.error + found.left.error
    if not (math.isfinite(gap) and abs(gap) > ERRORS * error + KINK_RELATIVE * scale):
        return False
    gaps = [
        (up + down) / h
        for h, up, down in zip(samples.steps, samples.up, samples.down, strict=True)
        if math.isfinite(up + down) and abs(up + down) > KINK_OVER_NOISE * noise
    ]
    last = gaps[-KINK_STEPS:]
    if len(last) < KINK_STEPS:
        return False
    return max(last) - min(last) <= KINK_SPREAD * abs(sum(last) / len(last))


def lies_between(ad: float, found: Slopes, tolerance: float) -> bool:
    """Whether a derivative by AD is one of the values that a kink allows."""
    low, high = sorted((found.left.value, found.right.value))
    return low - tolerance <= ad <= high + tolerance
