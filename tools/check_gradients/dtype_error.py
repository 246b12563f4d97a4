"""How exact the gradient is in the arguments' own dtype, against float64. Runs in the judge."""

import math
from collections.abc import Sequence

import numpy as np

from jax_workbench.tools.check_gradients import OwnDtypeError
from jax_workbench.tools.check_gradients.directions import Array, Vector
from jax_workbench.tools.check_gradients.messages import Leaf

EPS = {"float32": 2**-23, "complex64": 2**-23, "bfloat16": 2**-7, "float16": 2**-10}


def own_dtype_error(
    own: Sequence[Array], wide: Vector, leaves: Sequence[Leaf]
) -> OwnDtypeError | None:
    """Compare two gradients at the same arguments and cotangent.

    Args:
        own: In the arguments' own dtypes.
        wide: In float64.
        leaves: Their names and dtypes.

    Returns:
        The worst leaf, with `relative_error` null where it is not finite; None without a leaf
        that has a coarser dtype and a gradient.
    """
    worst: OwnDtypeError | None = None
    for mine, reference, leaf in zip(own, wide, leaves, strict=True):
        eps = EPS.get(leaf.dtype)
        size = float(np.linalg.norm(reference))
        if eps is None or size == 0:
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
