"""A static argument of a jitted function is not hashable.

## Why is this bad?
Static arguments are keys of the cache of compiled programs; a list, dict, set or array raises
ValueError.

## Use instead
A tuple; arrays should not be static.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import replaced, shown
from jax_workbench.tools.lint_jax_code.engine.calls_of import arguments_of
from jax_workbench.tools.lint_jax_code.engine.events import CallTransformed
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Klass

UNHASHABLE = frozenset(("list", "dict", "set", "array", "numpy"))


def check(event: CallTransformed) -> Iterator[Found]:
    """Report containers and arrays in static places."""
    if event.transform.name != "jit":
        return
    for passed in arguments_of(event):
        if not passed.is_static or passed.value.op == "passed":
            continue
        if passed.value.klass is not None and is_mutable_record(passed.value.klass):
            yield Found(
                passed.node,
                f"`{shown(event.lint, passed.node)}` is static here and must be hashable; the"
                f" dataclass {passed.value.klass.node.name} is not: ValueError. Make it frozen.",
            )
        elif passed.value.kind in UNHASHABLE:
            fix = None
            if isinstance(passed.node, ast.List) and passed.node.elts:
                inner = event.lint.text(passed.node)[1:-1].rstrip().rstrip(",")
                comma = "," if len(passed.node.elts) == 1 else ""
                edit = replaced(event.lint, passed.node, f"({inner}{comma})")
                fix = Fix("safe", "Use a tuple", (edit,))
            yield Found(
                passed.node,
                f"`{shown(event.lint, passed.node)}` is static here and must be hashable; a"
                f" {passed.value.kind} is not: ValueError. Use a tuple.",
                fix=fix,
            )


def is_mutable_record(klass: Klass) -> bool:
    """Whether it is a dataclass that compares by value and has no hash."""
    if klass.member("__hash__") is not None:
        return False
    for decorator in klass.decorators:
        name = decorator.name or (decorator.args[0].name if decorator.args else decorator.op)
        if name == "dataclasses.dataclass":
            options = {k for k, v in decorator.kwargs.items() if v.const is True}
            switched_off = {k for k, v in decorator.kwargs.items() if v.const is False}
            return not options & {"frozen", "unsafe_hash"} and "eq" not in switched_off
    return False


RULE = Rule(
    "JAX502",
    "unhashable-static-arg",
    "error",
    ((CallTransformed, check),),
    confirm="trace",
    page=__doc__ or "",
)
