"""The curve on a grid with its confidence and prediction bands. Runs in the worker."""

from dataclasses import dataclass

import numpy as np

from jax_workbench.tools.fit_curve.curve import Floats
from jax_workbench.tools.fit_curve.inference import Uncertainty
from jax_workbench.tools.fit_curve.objective import Objective


@dataclass(frozen=True)
class Bands:
    """95 % bands at some points, each of shape (m,); the half widths are nan where unknown."""

    x: Floats
    y: Floats
    confidence: Floats
    prediction: Floats


def bands_at(
    objective: Objective, theta: Floats, spread: Uncertainty, x: Floats, sigma: Floats
) -> Bands:
    """Bands by the delta method.

    `x` holds the predictors (rows, m), with the data set's number where there are several; `sigma`
    the standard deviation of a new observation for a unit variance, (m,).
    """
    f, jacobian = objective.values(theta, x)
    with np.errstate(invalid="ignore"):
        variance = np.maximum(((jacobian @ spread.covariance) * jacobian).sum(1), 0)
        confidence = spread.quantile * np.sqrt(variance)
        noise = spread.variance * sigma**2
        prediction = spread.quantile * np.sqrt(variance + noise)
    return Bands(x[0], f, confidence, prediction)


def grid(x: Floats, count: int) -> Floats:
    """Points over the range of `x`, evenly by logarithm where positive x spans two decades."""
    low, high = float(x.min()), float(x.max())
    if low > 0 and high > 100 * low:
        return np.geomspace(low, high, count)
    return np.linspace(low, high, count)


def sigma_along(x: Floats, sigma: Floats, at: Floats) -> Floats:
    """Sigma at other places, by linear interpolation along x."""
    order = np.argsort(x, kind="stable")
    return np.interp(at, x[order], sigma[order])
