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

SQUASHING = frozenset(("jax.nn.softmax", "jax.nn.sigmoid"))


def check(event: Call) -> Iterator[Found]:
    """Report softmax and sigmoid in the place of logits."""
    if not event.name.startswith("optax.") or "cross_entropy" not in event.name:
        return
    value, node = event.argument(0, "logits"), event.argument_node(0, "logits")
    if value is not None and node is not None and value.op in SQUASHING:
        yield Found(
            node,
            f"`{shown(event.lint, node)}` is already a probability, and the loss takes logits."
            " Pass what goes into the softmax.",
        )


RULE = Rule(
    "OPX106",
    "softmax-into-logit-loss",
    "warning",
    ((Call, check),),
    confirm="none",
    calls=("optax.",),
    page=__doc__ or "",
)
