"""Linen modules: inside which `module.apply` code runs, and what apply takes and gives."""

import ast
from typing import TYPE_CHECKING, Final

from jax_workbench.tools.lint_jax_code.engine.events import Call, Event
from jax_workbench.tools.lint_jax_code.engine.keys import PASSED
from jax_workbench.tools.lint_jax_code.engine.values import Value

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.frames import Frame

PAIR: Final = "applied with mutable"
"""`op` of the pair that `module.apply(..., mutable=...)` gives."""
UPDATED: Final = "updated collections"


def applied_by(event: Event) -> tuple[ast.Call, frozenset[str]] | None:
    """The call of `module.apply` around, and its keywords; None where some are not known."""
    scope: Frame | None = event.frame.root
    while scope is not None:
        call, function = scope.call, scope.function
        if function is not None and function.stand_in is not None and isinstance(call, ast.Call):
            words = frozenset(k.arg or "**" for k in call.keywords)
            return None if "**" in words else (call, words)
        scope = scope.caller.root if scope.caller is not None else None
    return None


def is_switched(event: Call, name: str, *, on: bool) -> bool:
    """Whether a layer's flag is proven to be on or off, where it is made or where it is called."""
    given = event.kwargs.get(name) or event.callee.kwargs.get(name)
    return given is not None and given.const is on


def is_linen(value: Value) -> bool:
    """Whether it is a linen module: of flax, or of a class of this file."""
    if value.kind == "instance" and value.klass is not None:
        return value.klass.is_linen_module
    return value.constructor.startswith("flax.linen.") and value.constructor[11:12].isupper()


def applied(event: Call, output: Value) -> Value:
    """What `module.apply` gives: the output, or a pair where collections are mutable."""
    mutable = event.kwargs.get("mutable")
    if event.has_double_star:
        return Value()
    if mutable is None or mutable.const is False:
        return output
    is_some = mutable.kind in {"list", "tuple"} or mutable.const is True
    if not is_some and not isinstance(mutable.const, str):
        return Value()
    updated = Value("pytree", op=UPDATED, args=(mutable,), node=event.node)
    return Value("tuple", items=[output, updated], op=PAIR, args=(mutable,), node=event.node)


def is_bare(value: Value, depth: int = 12) -> bool:
    """Whether it is proven to be the `params` collection alone, of what `init` gave."""
    if depth == 0:
        return False
    if value.alternatives:
        return all(is_bare(part, depth - 1) for part in value.alternatives)
    if value.op in {PASSED, "element"} and value.parent is not None:
        return is_bare(value.parent, depth - 1)
    if value.op == "optax.apply_updates" and value.args:
        return is_bare(value.args[0], depth - 1)
    if value.op == ".params" and value.parent is not None:
        held = _of_state(value.parent)
        return held is not None and is_bare(held, depth - 1)
    match value.args:
        case (base, index, *_) if value.op in {"[]", ".pop()", ".get()"}:
            return index.const == "params" and _original(base).op == ".init()"
        case _:
            return False


def _original(value: Value) -> Value:
    while value.op in {PASSED, "element"} and value.parent is not None:
        value = value.parent
    return value


def _of_state(value: Value) -> Value | None:
    """The parameters that a TrainState was made with."""
    value = _original(value)
    for _ in range(4):
        if value.op == ".apply_gradients()" and value.parent is not None:
            value = _original(value.parent)
    return value.kwargs.get("params") if value.op.endswith("TrainState.create") else None
