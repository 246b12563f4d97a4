"""Which parameters move, which are fixed or tied, and from where. Runs in the worker."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.fit_curve import Parameter
from jax_workbench.tools.fit_curve.curve import Curve, Floats, Free, ModelFunction, Slot
from jax_workbench.tools.fit_curve.expression import CONSTANTS, evaluate, names_in, parse_formula


@dataclass(frozen=True)
class Grouping:
    """Data sets that are fitted together."""

    names: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()


def make_curve(
    model: ModelFunction,
    names: Sequence[str],
    n_predictors: int,
    params: Mapping[str, Parameter],
    grouping: Grouping,
) -> Curve:
    """The model as a function of what may move.

    A parameter that is not shared has one value for each data set, called `name[set]`.

    Raises:
        ToolError: `bad_argument`, naming the parameter.
    """
    check_names([*params, *grouping.shared], names)
    free: list[Free] = []
    slots: list[Slot] = []
    for name in names:
        given = params.get(name, Parameter())
        fixed = fixed_value(name, given)
        if given.tied:
            slots.append(Slot(name, tie=tie(name, given.tied, names, params)))
        elif fixed is not None:
            slots.append(Slot(name, value=fixed))
        else:
            is_split = bool(grouping.names) and name not in grouping.shared
            labels = [f"{name}[{label}]" for label in grouping.names] if is_split else [name]
            slots.append(Slot(name, tuple(range(len(free), len(free) + len(labels)))))
            free.extend(movable(label, given) for label in labels)
    if not free:
        raise ToolError(
            "bad_argument", "params: every parameter is fixed or tied.", "Leave one to be fitted."
        )
    n_sets = max(len(grouping.names), 1)
    return Curve(model, n_predictors, tuple(free), tuple(slots), n_sets)


def check_names(given: Sequence[str], names: Sequence[str]) -> None:
    """Raise ToolError for a parameter that the model does not have."""
    for name in given:
        if name not in names:
            near = get_close_matches(name, names, n=1)
            raise ToolError(
                "bad_argument",
                f"params: the model has no parameter {name!r}.",
                f"Did you mean {near[0]!r}?" if near else f"It has {', '.join(names)}.",
            )


def fixed_value(name: str, given: Parameter) -> float | None:
    """The value of a parameter that does not move."""
    if given.fixed is True:
        if given.start is None:
            raise ToolError(
                "bad_argument",
                f"params: {name} is fixed, but at no value.",
                f"Give {name}: {{'fixed': 1.5}}, or a start beside fixed: true.",
            )
        return given.start
    if given.fixed is not None and given.fixed is not False:
        if not np.isfinite(given.fixed):
            raise ToolError(
                "bad_argument",
                f"params: {name} is fixed at {given.fixed}.",
                "Give a finite number.",
            )
        return float(given.fixed)
    if given.min is not None and given.min == given.max:
        return given.min
    return None


def movable(name: str, given: Parameter) -> Free:
    """A parameter within its bounds; a start outside them is moved to the nearer one."""
    low = -np.inf if given.min is None else given.min
    high = np.inf if given.max is None else given.max
    if low > high:
        raise ToolError(
            "bad_argument", f"params: {name} has min {low} above max {high}.", "Exchange them."
        )
    start = None if given.start is None else float(np.clip(given.start, low, high))
    return Free(name, low, high, start)


def tie(
    name: str, text: str, names: Sequence[str], params: Mapping[str, Parameter]
) -> Callable[[Mapping[str, Any]], Any]:
    """The formula that a tied parameter follows."""
    tree = parse_formula(text)
    for used in names_in(tree):
        other = params.get(used)
        if used in CONSTANTS and used not in names:
            continue
        if used not in names or used == name or (other is not None and other.tied):
            raise ToolError(
                "bad_argument",
                f"params: {name} is tied to {text!r}, where {used!r} is not a parameter that "
                "is fitted or fixed.",
                f"Use {', '.join(n for n in names if n != name)}.",
            )
    return lambda values: evaluate(tree, values)


def starts_of(curve: Curve) -> Floats:
    """Starts that were given, nan elsewhere; shape (p,)."""
    return np.array([np.nan if f.start is None else f.start for f in curve.free])
