"""Functions of transformations that no call in the file has reached."""

from typing import TYPE_CHECKING

from jax_workbench.tools.lint_jax_code.engine.frames import Frame
from jax_workbench.tools.lint_jax_code.engine.instances import instance_of
from jax_workbench.tools.lint_jax_code.engine.invocation import enter
from jax_workbench.tools.lint_jax_code.engine.parameters import (
    DIFFERENTIATING,
    bound_arguments,
    known_parameter,
    positions,
    static_names,
)
from jax_workbench.tools.lint_jax_code.engine.stacks import MAPPING, innermost, strength
from jax_workbench.tools.lint_jax_code.engine.values import DIFFERENTIATED, Transform, Value

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.analysis import Analysis


def walk_uncalled(lint: "Analysis", transform: Transform) -> None:
    """Walk the function of a transformation that no call in the file has reached."""
    function, stack = innermost(Value("transformed", transform=transform))
    level = strength(stack)
    if function is None or lint.analysed.get(function.node, -1) >= level:
        return
    if not any(
        t.name in {"jit", "pmap", "vmap", "checkpoint", "grad", "value_and_grad"} for t in stack
    ):
        return
    static: set[str] = set()
    for option in stack:
        if option.name in {"jit", "pmap", "checkpoint"}:
            kept = static_names(function, option)
            if kept is None:
                return
            static |= kept
    names = bound_arguments(function, [], {})
    for position, parameter in enumerate(function.parameters):
        if parameter.arg in static or not _is_traced(stack, position):
            names[parameter.arg] = Value()
        else:
            names[parameter.arg] = known_parameter(lint, function, parameter, position, level)
    for parameter in function.node.args.kwonlyargs:
        names[parameter.arg] = (
            Value()
            if parameter.arg in static or level == DIFFERENTIATED
            else known_parameter(lint, function, parameter, 1000, level)
        )
    first = next(iter(function.all_names), "")
    if function.klass is not None and function.bound is None and first:
        names[first] = instance_of(lint, function.klass)
    is_mapped = any(t.name in MAPPING for t in stack)
    lint.consumed, lint.donated = {}, {}
    enter(
        lint,
        Frame(),
        function,
        names,
        staged=level,
        is_mapped=is_mapped,
        transforms=tuple(stack),
    )


def _is_traced(stack: list[Transform], position: int) -> bool:
    """Whether some transformation of the stack traces that parameter."""
    for transform in stack:
        if transform.name in {"jit", "pmap", "checkpoint"}:
            return True
        if transform.name == "vmap":
            axes = transform.option("in_axes", 0)
            if axes is None or isinstance(axes.const, int):
                return True
            if axes.items and position < len(axes.items):
                return isinstance(axes.items[position].const, int)
        if transform.name in DIFFERENTIATING:
            wanted = positions(transform.option("argnums", 0), (0,))
            return wanted is not None and position in wanted
    return False
