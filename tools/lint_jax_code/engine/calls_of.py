"""Arguments of calls of transformed functions, with the parameters that they meet."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from jax_workbench.tools.lint_jax_code.engine.events import CallTransformed
from jax_workbench.tools.lint_jax_code.engine.parameters import static_names
from jax_workbench.tools.lint_jax_code.engine.stacks import innermost
from jax_workbench.tools.lint_jax_code.engine.values import Function, Transform, Value


@dataclass(frozen=True)
class Passed:
    """One argument: its value, its place, and whether jit keeps it static."""

    value: Value
    node: ast.expr
    position: int
    name: str
    is_static: bool


def inner_function(transform: Transform) -> Function | None:
    """The function of this file under a transformation, if it is one."""
    return innermost(transform.inner)[0]


def arguments_of(event: CallTransformed) -> Iterator[Passed]:
    """Arguments of a call of a jitted function; nothing where the options are not literal."""
    if event.has_star:
        return
    transform = event.transform
    function = inner_function(transform)
    names: list[str] = []
    by_name: set[str] = set()
    if function is None:
        static = _positions(transform)
    else:
        names = [p.arg for p in function.parameters]
        known = static_names(function, transform)
        by_name = known or set()
        static = None if known is None else {names.index(n) for n in known if n in names}
    if static is None:
        return
    for position, (value, node) in enumerate(zip(event.args, event.nodes, strict=False)):
        name = names[position] if position < len(names) else ""
        yield Passed(value, node, position, name, position in static)
    for keyword in event.node.keywords:
        if keyword.arg is not None:
            is_static = keyword.arg in by_name
            yield Passed(event.kwargs[keyword.arg], keyword.value, -1, keyword.arg, is_static)


def _positions(transform: Transform) -> set[int] | None:
    if transform.option("static_argnames") is not None:
        return None
    value = transform.option("static_argnums")
    if value is None:
        return set()
    entries = value.items if value.items is not None else [value]
    if not all(isinstance(e.const, int) for e in entries):
        return None
    return {e.const for e in entries}
