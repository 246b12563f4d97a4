"""What `apply` gives with `mutable` is used as if it were the output.

## Why is this bad?
With mutable collections it gives a pair, the output and the updated collections: the pair has no
`mean`, and no arithmetic (AttributeError, TypeError).

## Use instead
`y, updated = module.apply(variables, x, mutable=["batch_stats"])`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.canonical import is_jnp
from jax_workbench.tools.lint_jax_code.engine.events import Attribute, Binary, Call, Event
from jax_workbench.tools.lint_jax_code.engine.linen import PAIR
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value


def check_attribute(event: Attribute) -> Iterator[Found]:
    """Report `y.mean()`."""
    if not hasattr(tuple, event.node.attr):
        yield from found(event, event.base)


def check_arithmetic(event: Binary) -> Iterator[Found]:
    """Report `y - target`; a tuple can only be added to a tuple, or repeated."""
    pair, other = event.left, event.right
    if pair.op != PAIR:
        pair, other = other, pair
    if other.kind in {"array", "pytree", "numpy"} or isinstance(event.operator, ast.Sub | ast.Pow):
        yield from found(event, pair)


def check_call(event: Call) -> Iterator[Found]:
    """Report `jnp.mean(y)` and losses of optax."""
    is_of_arrays = is_jnp(event.name) or event.name.startswith("optax.")
    if is_of_arrays and event.args:
        for value in event.args:
            yield from found(event, value)


def found(event: Event, value: Value) -> Iterator[Found]:
    """The finding at the apply."""
    if value.op == PAIR and value.kind == "tuple" and value.node and not is_guarded(event):
        yield Found(
            value.node,
            "With mutable, apply gives a pair of the output and the updated collections, and it is"
            " used as the output: it raises. Unpack it: y, updated = ...",
            related=((event.node, "used here"),),
        )


RULE = Rule(
    "FLX113",
    "output-pair-not-unpacked",
    "error",
    ((Attribute, check_attribute), (Binary, check_arithmetic), (Call, check_call)),
    confirm="run",
    page=__doc__ or "",
)
