"""A method with a static self reads an attribute that is changed later.

## Why is this bad?
self is hashed by identity, so a change of the attribute is no new program: the value at tracing
stays.

## Use instead
Pass the attribute as an argument.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import (
    ModuleEnd,
    StoreAttribute,
    Transformed,
)
from jax_workbench.tools.lint_jax_code.engine.parameters import static_names
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

SETTING_UP = frozenset(("__init__", "__post_init__", "setup"))


def check(event: Transformed) -> Iterator[Found]:
    """Remember jitted methods whose self is static."""
    transform, function = event.transform, event.transform.inner.function
    if transform.name == "jit" and function is not None and function.klass is not None:
        static = static_names(function, transform)
        if static and function.all_names[:1] == ["self"] and "self" in static:
            event.lint.scratch.setdefault("JAX210", []).append(function)
    return iter(())


def check_store(event: StoreAttribute) -> Iterator[Found]:
    """Remember attributes that change outside of the constructor."""
    function = event.frame.root.function
    if event.base.klass is not None and (function is None or function.name not in SETTING_UP):
        stores = event.lint.scratch.setdefault("JAX210 stores", {})
        stores.setdefault((event.base.klass, event.target.attr), event.target)
    return iter(())


def check_end(event: ModuleEnd) -> Iterator[Found]:
    """Report reads of changed attributes."""
    stores = event.lint.scratch.get("JAX210 stores", {})
    for function in event.lint.scratch.get("JAX210", []):
        if {"__hash__", "__eq__"} & set(function.klass.members):
            continue
        for node in ast.walk(function.node):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                store = stores.get((function.klass, node.attr))
                if node.value.id == "self" and isinstance(node.ctx, ast.Load) and store:
                    yield Found(
                        node,
                        f"`self.{node.attr}` is compiled in, as self is static; the change on"
                        f" line {store.lineno} is not seen. Pass it as an argument.",
                        related=((store, "changed here"),),
                    )
                    break


RULE = Rule(
    "JAX210",
    "static-self-stale",
    "warning",
    (
        (Transformed, check),
        (StoreAttribute, check_store),
        (ModuleEnd, check_end),
    ),
    confirm="none",
    page=__doc__ or "",
)
