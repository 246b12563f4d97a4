"""Whether two traces of a function are the same program. Runs in the worker, with user Python."""

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.check_gradients import jaxpr_reading
from jax_workbench.tools.check_gradients.precision import Setting, trace


def changed_constant(setting: Setting) -> str:
    """What differs between two traces of the same function; empty if nothing does."""
    if setting.jaxpr is None:
        return ""
    again = trace(setting.derivatives, setting.x, setting.held)
    if again is None:
        return "the second trace failed"
    first, second = (constants(j) for j in (setting.jaxpr, again))
    if len(first) != len(second):
        return "two traces of the function have different operations"
    for a, b in zip(first, second, strict=True):
        if not is_same(a, b):
            return "two traces of the function have different constants"
    return ""


def is_same(a: Any, b: Any) -> bool:
    """Whether two constants are bitwise equal; what is no plain array counts as equal."""
    if isinstance(a, str) or isinstance(b, str):
        return a == b
    dtypes = [getattr(v, "dtype", None) for v in (a, b)]
    if any(d is not None and jnp.issubdtype(d, jax.dtypes.extended) for d in dtypes):
        return dtypes[0] == dtypes[1]
    return np.asarray(a).tobytes() == np.asarray(b).tobytes()


def constants(jaxpr: Any) -> list[Any]:
    """Every constant and literal, and the order of the primitives: what two traces must share."""
    found: list[Any] = list(jaxpr.consts)
    for equation, _ in jaxpr_reading.equations(jaxpr):
        found.append(equation.primitive.name)
        found += [var.val for var in equation.invars if jaxpr_reading.is_literal(var)]
        found += itertools.chain.from_iterable(
            j.consts for j in jaxpr_reading.inner_jaxprs(equation)
        )
    return found
