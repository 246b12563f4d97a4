"""A module changes its variables under a jax transformation.

## Why is this bad?
jax.jit and its kin give the function a copy of the module: what it stores there is lost,
silently.

## Use instead
nnx.jit, nnx.vmap, nnx.scan; or return the state.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, outlives, shown
from jax_workbench.tools.lint_jax_code.engine.events import (
    Call,
    CallTransformed,
    Event,
    StoreAttribute,
    StoreIndex,
)
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

STATEFUL = frozenset(("flax.nnx.BatchNorm",))
LOSING = frozenset(("jit", "vmap", "checkpoint", "pmap"))


def check_call(event: CallTransformed) -> Iterator[Found]:
    """Remember which transformed function is being called."""
    transform = event.transform
    is_losing = transform.name in LOSING and transform.dotted.startswith("jax.")
    if event.frame.staged == 0:
        event.lint.scratch["NNX106"] = event.node if is_losing else None
    return iter(())


def found(event: Event, owner: Value, node: ast.AST) -> Iterator[Found]:
    """The finding at the call, if a jax transformation is around and the module is from outside."""
    call = event.lint.scratch.get("NNX106")
    if call is not None and event.staged and outlives(event, owner) and not is_guarded(event):
        yield Found(
            call,
            f"`{shown(event.lint, node)}` changes a copy of the module here, and the change is"
            " lost. Use the nnx transformation of the same name.",
            related=((node, "changed here"),),
        )


def check(event: StoreIndex) -> Iterator[Found]:
    """`variable[...] = value`."""
    if event.base.constructor.startswith("flax.nnx."):
        yield from found(event, event.base, event.target)


def check_attribute(event: StoreAttribute) -> Iterator[Found]:
    """`variable.value = value`."""
    if event.target.attr == "value" and event.base.constructor.startswith("flax.nnx."):
        yield from found(event, event.base, event.target)


def check_layer(event: Call) -> Iterator[Found]:
    """A layer that keeps running statistics."""
    if event.callee.constructor in STATEFUL and not event.lint.facts.mentions("eval"):
        yield from found(event, event.callee, event.node)


RULE = Rule(
    "NNX106",
    "jax-jit-loses-state",
    "warning",
    (
        (CallTransformed, check_call),
        (StoreIndex, check),
        (StoreAttribute, check_attribute),
        (Call, check_layer),
    ),
    confirm="none",
    page=__doc__ or "",
)
