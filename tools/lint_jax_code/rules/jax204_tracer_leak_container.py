"""A traced value is put into a container that outlives the transformed function.

## Why is this bad?
The container holds a tracer of a finished trace; using it later raises UnexpectedTracerError.

## Use instead
Return the values, or carry them through the outputs of lax.scan.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import (
    holds_tracer,
    is_staged,
    outlives,
    shown,
)
from jax_workbench.tools.lint_jax_code.engine.events import Before, Event, StoreIndex
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import leaves

METHODS = frozenset(("append", "extend", "insert", "add", "update", "setdefault"))
CONTAINERS = frozenset(("list", "dict", "set"))


def check(event: Before) -> Iterator[Found]:
    """Report append and its kin."""
    owner = event.owner
    if event.method not in METHODS or owner is None or owner.kind not in CONTAINERS:
        return
    if any(holds_tracer(event, a) for a in event.args) and outlives(event, owner):
        yield found(event, event.node)


def check_store(event: StoreIndex) -> Iterator[Found]:
    """Report stores of entries."""
    if event.base.kind not in CONTAINERS or not outlives(event, event.base):
        return
    becomes_traced = (
        event.operator is not None
        and is_staged(event)
        and any(leaf.kind == "array" for leaf in leaves(event.base))
    )
    if holds_tracer(event, event.value) or becomes_traced:
        yield found(event, event.target)


def found(event: Event, node: ast.AST) -> Found:
    """The finding, in words."""
    return Found(
        node,
        f"`{shown(event.lint, node)}` keeps a tracer after the transformed function ends:"
        " UnexpectedTracerError at its next use. Return the value instead.",
    )


RULE = Rule(
    "JAX204",
    "tracer-leak-container",
    "error",
    (
        (Before, check),
        (StoreIndex, check_store),
    ),
    confirm="leak",
    page=__doc__ or "",
)
