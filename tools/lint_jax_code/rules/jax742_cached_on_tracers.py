"""A function with a cache is called with a traced value.

## Why is this bad?
lru_cache hashes its arguments, and a tracer cannot be hashed: TypeError.

## Use instead
Cache what does not depend on traced values.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import FunctionEnd
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import MAPPED


def check(event: FunctionEnd) -> Iterator[Found]:
    """Report functions under a cache that were entered with traced arguments."""
    node = event.function.node
    for decorator in getattr(node, "decorator_list", []):
        call = decorator.func if isinstance(decorator, ast.Call) else decorator
        text = event.lint.text(call)
        if text not in {"lru_cache", "functools.lru_cache", "functools.cache"}:
            continue
        names = event.function.all_names
        traced = [n for n in names if is_tracer(event, n)]
        if traced and not is_guarded(event):
            yield Found(
                decorator,
                f"The cache hashes `{traced[0]}`, which is traced: TypeError. Take the cache off,"
                " or give it what is static.",
            )


def is_tracer(event: FunctionEnd, name: str) -> bool:
    """Whether a parameter still is the traced array that was passed."""
    value = event.frame.names.get(name)
    return value is not None and value.kind == "array" and value.traced >= MAPPED


RULE = Rule(
    "JAX742",
    "cached-on-tracers",
    "error",
    ((FunctionEnd, check),),
    confirm="trace",
    page=__doc__ or "",
)
