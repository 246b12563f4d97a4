"""A module changes its variables under a jax transformation.

## Why is this bad?
jax.jit and its kin give the function a copy of the module: what it stores there is lost,
silently.

## Use instead
nnx.jit, nnx.vmap, nnx.scan; or return the state.
"""

from collections.abc import Callable, Iterator
from typing import Any

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, outlives, shown
from jax_workbench.tools.lint_jax_code.engine.events import (
    Before,
    Call,
    Event,
    StoreAttribute,
    StoreIndex,
)
from jax_workbench.tools.lint_jax_code.engine.nnx import is_handed_in, is_variable
from jax_workbench.tools.lint_jax_code.engine.rule import Check, Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

type Speak = Callable[[Event, Value], Iterator[Found]]

STATEFUL = frozenset(("flax.nnx.BatchNorm",))
LOSING = frozenset(("jit", "vmap", "checkpoint", "pmap"))
SETTERS = frozenset(("set_value", "set_raw_value"))


def found(event: Event, owner: Value) -> Iterator[Found]:
    """The finding at the transformation, if it is one of jax and was given the module."""
    around = event.frame.transforms
    losing = next((t for t in around if t.name in LOSING and t.dotted.startswith("jax.")), None)
    if losing is None or not event.staged or is_guarded(event) or not outlives(event, owner):
        return
    if is_handed_in(event, owner):
        yield Found(
            losing.node,
            f"`{shown(event.lint, event.node)}` changes a copy of the module here, and the change"
            " is lost. Use the nnx transformation of the same name.",
            related=((event.node, "changed here"),),
        )


def changes(speak: Speak) -> tuple[tuple[type[Event], Check], ...]:
    """Listeners that ask about every change of a variable of nnx, with its owner."""

    def stored(event: StoreIndex) -> Iterator[Found]:
        """`variable[...] = value`."""
        return speak(event, event.base) if is_variable(event.base) else iter(())

    def assigned(event: StoreAttribute) -> Iterator[Found]:
        """`variable.value = value`."""
        is_value = event.target.attr == "value" and is_variable(event.base)
        return speak(event, event.base) if is_value else iter(())

    def called(event: Call) -> Iterator[Found]:
        """A layer that keeps running statistics."""
        is_kept = event.callee.constructor in STATEFUL and not event.lint.facts.mentions("eval")
        return speak(event, event.callee) if is_kept else iter(())

    def updated(event: Before) -> Iterator[Found]:
        """An optimiser that updates the module that it is given, or a setter."""
        owner = event.owner
        if owner is None:
            return iter(())
        is_step = owner.constructor == "flax.nnx.Optimizer" and event.method == "update"
        is_setter = event.method in SETTERS and is_variable(owner)
        changed = (is_step and len(event.args) > 1) or is_setter
        return speak(event, owner) if changed else iter(())

    listeners: tuple[tuple[type[Event], Any], ...] = (
        (StoreIndex, stored),
        (StoreAttribute, assigned),
        (Call, called),
        (Before, updated),
    )
    return listeners


RULE = Rule(
    "NNX106",
    "jax-jit-loses-state",
    "warning",
    changes(found),
    confirm="none",
    page=__doc__ or "",
)
