"""Losses that gross outliers cannot dominate, as weights of residual and Jacobian. Worker."""

from dataclasses import dataclass

import numpy as np

from jax_workbench.tools.fit_curve.curve import Floats

TUNING = {"soft_l1": 1.345, "huber": 1.345, "cauchy": 2.385, "arctan": 4.0}
"""Residual, in standard deviations, where the loss leaves the square; for Huber and Cauchy the
constants that keep 95 % efficiency at normal errors."""


@dataclass(frozen=True)
class Loss:
    """Sum of threshold^2 rho((r / threshold)^2).

    Source:
        Triggs et al., Bundle adjustment, a modern synthesis (2000), section 4.3.
    """

    name: str = "linear"
    threshold: float = 1.0

    def rho(self, z: Floats) -> tuple[Floats, Floats, Floats]:
        """Value, first and second derivative at z = (r / threshold)^2."""
        match self.name:
            case "soft_l1":
                t = 1 + z
                return 2 * (np.sqrt(t) - 1), t**-0.5, -0.5 * t**-1.5
            case "huber":
                inside, safe = z <= 1, np.maximum(z, 1)
                return (
                    np.where(inside, z, 2 * np.sqrt(safe) - 1),
                    np.where(inside, 1.0, safe**-0.5),
                    np.where(inside, 0.0, -0.5 * safe**-1.5),
                )
            case "cauchy":
                t = 1 + z
                return np.log1p(z), 1 / t, -1 / t**2
            case "arctan":
                t = 1 + z**2
                return np.arctan(z), 1 / t, -2 * z / t**2
            case _:
                return z, np.ones_like(z), np.zeros_like(z)

    def scaled(self, r: Floats, jacobian: Floats) -> tuple[float, Floats, Floats]:
        """Cost, and residual and Jacobian whose least-squares step minimises the loss."""
        if self.name == "linear":
            return float(r @ r), r, jacobian
        value, first, second = self.rho((r / self.threshold) ** 2)
        curvature = first + 2 * second * (r / self.threshold) ** 2
        # Where the loss is concave, plain reweighting keeps the step a descent.
        root = np.sqrt(np.where(curvature > 1e-3 * first, curvature, first))
        root = np.maximum(root, 1e-150)
        cost = float(self.threshold**2 * value.sum())
        return cost, first / root * r, root[:, None] * jacobian

    def influence(self, r: Floats) -> tuple[Floats, Floats]:
        """psi(r) and psi'(r), the weight of each residual and its derivative."""
        z = (r / self.threshold) ** 2
        _, first, second = self.rho(z)
        return first * r, first + 2 * second * z


SQUARED = Loss()


def robust_sd(r: Floats) -> float:
    """Median absolute deviation in units of a standard deviation."""
    return float(1.4826 * np.median(np.abs(r - np.median(r))))
