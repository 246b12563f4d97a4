"""Probabilities are given to a loss that takes logits.

## Why is this bad?
The loss applies softmax or sigmoid again: it is flat, and training is slow or stuck.

## Use instead
The logits.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import shown
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

KEEPING = frozenset(
    (
        "[]",
        ".reshape",
        ".squeeze",
        ".ravel",
        ".astype",
        "jax.numpy.reshape",
        "jax.numpy.squeeze",
        "jax.numpy.ravel",
        "jax.numpy.expand_dims",
    )
)
"""What changes the form of an array and not its entries."""
SQUASHING = frozenset(("jax.nn.softmax", "jax.nn.sigmoid"))


def check(event: Call) -> Iterator[Found]:
    """Report softmax and sigmoid in the place of logits."""
    if not event.name.startswith("optax.") or "cross_entropy" not in event.name:
        return
    value, node = event.argument(0, "logits"), event.argument_node(0, "logits")
    if value is not None and node is not None and is_squashed(value):
        yield Found(
            node,
            f"`{shown(event.lint, node)}` is already a probability, and the loss takes logits."
            " Pass what goes into the softmax.",
        )


def is_squashed(value: Value) -> bool:
    """Whether it is a probability, whole or a part of it."""
    for _ in range(4):
        if value.op in SQUASHING:
            return True
        if value.op not in KEEPING or not value.args:
            return False
        value = value.args[0]
    return False


RULE = Rule(
    "OPX106",
    "softmax-into-logit-loss",
    "warning",
    ((Call, check),),
    confirm="none",
    calls=("optax.",),
    page=__doc__ or "",
)
