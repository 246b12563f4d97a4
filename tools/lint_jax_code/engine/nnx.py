"""What is proven of flax.nnx: modules, variables, streams, and what a value holds."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from jax_workbench.tools.lint_jax_code.engine.asking import outlives
from jax_workbench.tools.lint_jax_code.engine.events import Event
from jax_workbench.tools.lint_jax_code.engine.held import held
from jax_workbench.tools.lint_jax_code.engine.values import Value

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.frames import Frame

PACKAGE: Final = "flax.nnx."
LAYERS: Final = frozenset(
    (
        "Linear",
        "LinearGeneral",
        "Conv",
        "ConvTranspose",
        "Embed",
        "Einsum",
        "LoRA",
        "LoRALinear",
        "BatchNorm",
        "LayerNorm",
        "RMSNorm",
        "GroupNorm",
        "MultiHeadAttention",
        "LSTMCell",
        "GRUCell",
        "SimpleCell",
        "OptimizedLSTMCell",
    )
)
"""Layers that draw their parameters when they are made."""
VARIABLES: Final = frozenset(
    (
        "Variable",
        "Param",
        "BatchStat",
        "Cache",
        "Intermediate",
        "LoRAParam",
        "Perturbation",
        "RngState",
        "RngKey",
        "RngCount",
    )
)
MODULES: Final = LAYERS | {"Dropout", "Sequential"}
MODES: Final = frozenset(("train", "eval"))
DEEPEST: Final = 6


def word_of(value: Value) -> str:
    """What of flax.nnx made an object: `Linear`; empty for anything else."""
    name = value.constructor
    return name.removeprefix(PACKAGE) if name.startswith(PACKAGE) else ""


def is_variable(value: Value) -> bool:
    """Whether it is a variable, of flax's types or of a type of this file."""
    if value.kind == "instance" and value.klass is not None:
        return any(n.removeprefix(PACKAGE) in VARIABLES for n in value.klass.base_names())
    return word_of(value) in VARIABLES


def is_module(value: Value) -> bool:
    """Whether it is a layer of flax.nnx, or an object of a module class of this file."""
    if value.kind == "instance" and value.klass is not None:
        return "flax.nnx.Module" in value.klass.base_names()
    return word_of(value) in MODULES


def is_rngs(value: Value) -> bool:
    """Whether it is an nnx.Rngs."""
    return value.constructor == "flax.nnx.Rngs"


def everything_in(value: Value, depth: int = DEEPEST) -> Iterator[Value]:
    """An object and what its attributes and containers are proven to hold."""
    yield value
    if depth == 0:
        return
    parts = [*value.attributes.values(), *held(value)]
    if word_of(value) in {"Sequential", "List", "Dict"}:
        parts += [*value.args, *value.kwargs.values()]
    for part in parts:
        yield from everything_in(part, depth - 1)


def is_handed_in(event: Event, owner: Value) -> bool:
    """Whether the transformed code around may have got an object through its parameters."""
    scope: Frame = event.frame.root
    while scope.caller is not None and scope.caller.staged > 0:
        if scope.transforms is not scope.caller.root.transforms:
            break
        scope = scope.caller.root
    if scope.function is None:
        return True
    spec = scope.function.node.args
    names = [*scope.function.all_names, *(a.arg for a in (spec.vararg, spec.kwarg) if a)]
    given = [scope.names[name] for name in names if name in scope.names]
    parts = [part for value in given for part in everything_in(value)]
    return any(part is owner for part in parts)


def is_of_outer_trace(event: Event, owner: Value) -> bool:
    """Whether an object was made outside of the transformation around, and not handed in."""
    is_outside = bool(event.frame.transforms) and outlives(event, owner)
    return is_outside and not is_handed_in(event, owner)
