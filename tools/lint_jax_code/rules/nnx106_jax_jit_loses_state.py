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
    Before,
    Call,
    Event,
    StoreAttribute,
    StoreIndex,
)
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

STATEFUL = frozenset(("flax.nnx.BatchNorm",))
VARIABLES = frozenset(
    f"flax.nnx.{word}" for word in ("Variable", "Param", "BatchStat", "Cache", "Intermediate")
)
LOSING = frozenset(("jit", "vmap", "checkpoint", "pmap"))


def found(event: Event, owner: Value, node: ast.AST) -> Iterator[Found]:
    """The finding at the transformation, if it is one of jax and the module is from outside."""
    around = event.frame.transforms
    losing = next((t for t in around if t.name in LOSING and t.dotted.startswith("jax.")), None)
    if losing is not None and event.staged and outlives(event, owner) and not is_guarded(event):
        yield Found(
            losing.node,
            f"`{shown(event.lint, node)}` changes a copy of the module here, and the change is"
            " lost. Use the nnx transformation of the same name.",
            related=((node, "changed here"),),
        )


def check(event: StoreIndex) -> Iterator[Found]:
    """`variable[...] = value`."""
    klass = event.base.klass if event.base.kind == "instance" else None
    is_variable = klass is not None and bool(klass.base_names() & VARIABLES)
    if event.base.constructor.startswith("flax.nnx.") or is_variable:
        yield from found(event, event.base, event.target)


def check_attribute(event: StoreAttribute) -> Iterator[Found]:
    """`variable.value = value`."""
    if event.target.attr == "value" and event.base.constructor.startswith("flax.nnx."):
        yield from found(event, event.base, event.target)


def check_layer(event: Call) -> Iterator[Found]:
    """A layer that keeps running statistics."""
    if event.callee.constructor in STATEFUL and not event.lint.facts.mentions("eval"):
        yield from found(event, event.callee, event.node)


def check_optimizer(event: Before) -> Iterator[Found]:
    """An optimiser that updates the module that it is given."""
    owner = event.owner
    is_optimizer = owner is not None and owner.constructor == "flax.nnx.Optimizer"
    if owner is not None and is_optimizer and event.method == "update" and len(event.args) > 1:
        yield from found(event, owner, event.node)


RULE = Rule(
    "NNX106",
    "jax-jit-loses-state",
    "warning",
    (
        (StoreIndex, check),
        (StoreAttribute, check_attribute),
        (Call, check_layer),
        (Before, check_optimizer),
    ),
    confirm="none",
    page=__doc__ or "",
)
