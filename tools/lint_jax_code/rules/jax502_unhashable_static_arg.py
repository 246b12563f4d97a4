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

UNHASHABLE = frozenset(("list", "dict", "set", "array", "numpy"))


def check(event: CallTransformed) -> Iterator[Found]:
    """Report containers and arrays in static places."""
    if event.transform.name != "jit":
        return
    for passed in arguments_of(event):
        if passed.is_static and passed.value.kind in UNHASHABLE and passed.value.op != "passed":
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


RULE = Rule(
    "JAX502",
    "unhashable-static-arg",
    "error",
    ((CallTransformed, check),),
    confirm="trace",
    page=__doc__ or "",
)
