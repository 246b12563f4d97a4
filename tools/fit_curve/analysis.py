"""What derivatives alone tell of a curve, whatever the data. Runs in the worker."""

from dataclasses import dataclass, replace

import numpy as np

from jax_workbench.tools.fit_curve.curve import Curve, Floats
from jax_workbench.tools.fit_curve.dimensions import Dimensions, find_dimensions
from jax_workbench.tools.fit_curve.linear_set import linear_parameters


@dataclass(frozen=True)
class Analysis:
    """Of the curve of one data set: its linear parameters, and the units of all."""

    linear: list[int]
    dimensions: Dimensions

    def of_all_sets(self, curve: Curve) -> "Analysis":
        """The same of a curve with several data sets.

        A row depends on the parameters of its own set only, so one set tells all of them; the
        Hessian of 40 sets of three parameters takes more memory than a job has.
        """
        places = curve.places_in_one_set
        power, shift = self.dimensions.power[:, places], self.dimensions.shift[:, places]
        return Analysis(
            np.flatnonzero(np.isin(places, self.linear)).tolist(),
            replace(self.dimensions, power=power, shift=shift),
        )


def analyse(curve: Curve, x: Floats, rng: np.random.Generator) -> Analysis:
    """The analysis of one data set of `curve`; `x` are the predictors of the fit."""
    alone = curve.of_one_set()
    linear = linear_parameters(alone, x[: curve.n_predictors], rng)
    return Analysis(linear, find_dimensions(alone, linear, rng))
