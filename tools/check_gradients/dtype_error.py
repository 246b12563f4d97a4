"""How exact the gradient is in the arguments' own dtype, against float64. Runs in the judge."""

import math
from collections.abc import Sequence

import numpy as np

from jax_workbench.tools.check_gradients import OwnDtypeError
from jax_workbench.tools.check_gradients.directions import Array, scales
from jax_workbench.tools.check_gradients.messages import Leaf
from jax_workbench.tools.check_gradients.subject import Subject

EPS = {"float32": 2**-23, "complex64": 2**-23, "bfloat16": 2**-7, "float16": 2**-10}

NEGLIGIBLE = 1e-10
"""Of the weightiest leaf: a leaf that counts for less has a gradient of rounding alone."""


def own_dtype_error(
    own: Sequence[Array], subject: Subject, leaves: Sequence[Leaf]
) -> OwnDtypeError | None:
    """Compare two gradients at the same arguments and cotangent.

    Args:
        own: In the arguments' own dtypes.
        subject: With the gradient in float64.
        leaves: Their names and dtypes.

    Returns:
        The worst leaf, with `relative_error` null where it is not finite; None without a leaf
        that has a coarser dtype and a gradient.
    """
    worst: OwnDtypeError | None = None
    wide = subject.g[0]
    weights = [
        float(np.linalg.norm(g * scales(x, "mixed"))) for g, x in zip(wide, subject.x, strict=True)
    ]
    floor = max(NEGLIGIBLE, 100 * subject.precision.eps) * max(weights, default=0.0)
    for mine, reference, leaf, weight in zip(own, wide, leaves, weights, strict=True):
        eps = EPS.get(leaf.dtype)
        size = float(np.linalg.norm(reference))
        if eps is None or (weight <= floor and np.isfinite(mine).all()):
            continue
        wider = np.complex128 if np.iscomplexobj(mine) else np.float64
        error = float(np.linalg.norm(np.asarray(mine).astype(wider) - reference)) / size
        if not math.isfinite(error):
            return OwnDtypeError(
                dtype=leaf.dtype, relative_error=None, leaf=leaf.path, digits_lost=None
            )
        if worst is None or error > (worst.relative_error or 0.0):
            digits = max(0.0, math.log10(error / eps)) if error else 0.0
            worst = OwnDtypeError(
                dtype=leaf.dtype, relative_error=error, leaf=leaf.path, digits_lost=digits
            )
    return worst
