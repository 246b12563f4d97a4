"""The coarsest float that the differentiated inputs flow through. Runs in the worker.

A float32 that the code insists on stays float32 when traced in float64, and its rounding would
look like a wrong gradient.
"""

from typing import Any, cast

import jax.numpy as jnp

from jax_workbench.tools.check_gradients import jaxpr_reading
from jax_workbench.tools.check_gradients.messages import Coarsest

EPS = 2.0**-52
"""Of float64."""


def coarsest_float(jaxpr: Any, n_moving: int, file: str) -> Coarsest | None:
    """Find the first coarser float than the inputs' own; None where all are as fine.

    Args:
        jaxpr: Closed, in float64.
        n_moving: Inputs that are differentiated by come first.
        file: Of the user's code, for the line.
    """
    found: list[tuple[float, Coarsest]] = []

    def walk(jaxpr: Any, active: set[Any], path: tuple[Any, ...]) -> None:
        for equation in jaxpr.eqns:
            if not any(not jaxpr_reading.is_literal(v) and v in active for v in equation.invars):
                continue
            active.update(equation.outvars)
            for var in equation.outvars:
                dtype: Any = getattr(var.aval, "dtype", None)
                if dtype is not None and jnp.issubdtype(dtype, jnp.inexact):
                    line = jaxpr_reading.user_line(equation, path, file)
                    found.append((eps_of(dtype), Coarsest(dtype=str(dtype), line=line)))
            for inner in jaxpr_reading.inner_jaxprs(equation):
                # All inputs count as moving inside: rather too coarse than a false alarm.
                walk(inner, set(inner.invars), (*path, equation))

    walk(jaxpr, set(jaxpr.invars[:n_moving]), ())
    if not found:
        return None
    eps, coarsest = max(found, key=eps_first)
    return coarsest if eps > EPS else None


def eps_first(pair: tuple[float, Coarsest]) -> float:
    """Sort key."""
    return pair[0]


def eps_of(dtype: Any) -> float:
    """Machine precision of a real or complex dtype."""
    return float(cast("Any", jnp.finfo(dtype)).eps)
