"""Units of parameters from those in the axis labels. Runs in the worker."""

import re
from fractions import Fraction

import numpy as np

from jax_workbench.tools.fit_curve.dimensions import Dimensions

LABEL = re.compile(r"(?:/\s*|\[\s*|\(\s*)([^/\[\]()]+?|[^\[\]()]+/[^\[\]()]+?)\s*[\])]?$")
LARGEST_DENOMINATOR = 4


def unit_in(label: str) -> str:
    """The unit of `time / s`, `time [s]` or `time (s)`; empty where there is none."""
    found = LABEL.search(label.strip())
    return found[1].strip() if found else ""


def unit_of(
    dimensions: Dimensions, j: int, *, is_linear: bool, x_unit: str, y_unit: str
) -> str | None:
    """Unit of parameter `j` of a model with one predictor; None where it cannot be told.

    A linear parameter carries the unit of y as well.
    """
    if dimensions.power.shape[0] != 1 or not x_unit or (is_linear and not y_unit):
        return None
    power = dimensions.power[0, j]
    if np.isnan(power):
        return None
    exponent = Fraction(float(power)).limit_denominator(LARGEST_DENOMINATOR)
    if abs(float(exponent) - power) > 1e-3:  # noqa: PLR2004
        return None
    parts = [y_unit] if is_linear else []
    if exponent:
        parts.append(x_unit if exponent == 1 else f"({x_unit})^{exponent}")
    return " ".join(parts) or "1"
