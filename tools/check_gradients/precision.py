"""In which precision a function can be traced. Runs in the worker, with user Python."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax

from jax_workbench.tools.check_gradients import jaxpr_reading
from jax_workbench.tools.check_gradients.leaves import Arguments, native_values, widened
from jax_workbench.tools.check_gradients.programs import Derivatives, specs
from jax_workbench.tools.check_gradients.user_call import FILE
from jax_workbench.tools.common.guarded_text import message_of, shorten, type_name
from jax_workbench.tools.common.user_code import as_tool_error


@dataclass(frozen=True)
class Setting:
    """A precision in which the function traces."""

    derivatives: Derivatives
    x: list[Any]
    held: list[Any]
    jaxpr: Any
    """None where values choose what Python does, so that nothing can be compiled."""
    is_native: bool
    reason: str = ""

    @property
    def outputs(self) -> list[jax.ShapeDtypeStruct]:
        """Shapes of the inexact outputs."""
        if self.jaxpr is not None:
            return [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in self.jaxpr.out_avals]
        return specs(self.derivatives.primal(*self.x, *self.held))


def choose_precision(fn: Callable[..., Any], arguments: Arguments) -> Setting:
    """Trace in float64, else in the arguments' own dtype.

    Raises:
        ToolError: It traces in neither.
    """
    natives = [native_values(arguments, at) for at in (arguments.moving, arguments.passed)]
    derivatives = Derivatives(fn, arguments, len(natives[0]), len(natives[1]))
    with jax.enable_x64(True):
        wide = [[widened(v) for v in values] for values in natives]
        try:
            x, held = wide
            return Setting(derivatives, x, held, trace(derivatives, x, held), is_native=False)
        except Exception as error:  # noqa: BLE001 - tried again in the native dtype
            reason = said_by(error)
    try:
        x, held = natives
        jaxpr = trace(derivatives, x, held)
    except BaseException as error:  # noqa: BLE001 - whatever the user's code raises is its answer
        raise as_tool_error(error, (FILE,)) from None
    return Setting(derivatives, x, held, jaxpr, is_native=True, reason=reason)


def in_native_dtype(setting: Setting) -> Setting:
    """The same function at the same arguments in their own dtype."""
    d = setting.derivatives
    x, held = (native_values(d.arguments, at) for at in (d.arguments.moving, d.arguments.passed))
    return Setting(d, x, held, trace(d, x, held), is_native=True)


def trace(derivatives: Derivatives, x: Sequence[Any], held: Sequence[Any]) -> Any:
    """Jaxpr of the function; None where it runs on values but can't be traced."""
    try:
        return jaxpr_reading.closed_jaxpr(derivatives.primal, *x, *held)
    except jax.errors.ConcretizationTypeError:
        derivatives.primal(*x, *held)
        return None


def said_by(error: BaseException) -> str:
    """Type and message, short, without JAX's pointer to its documentation."""
    message = message_of(error).partition("\nSee https:")[0]
    return f"{type_name(error)}: {shorten(message, 600)}"
