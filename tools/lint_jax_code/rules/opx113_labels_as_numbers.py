"""A loss on one-hot labels gets class numbers.

## Why is this bad?
softmax_cross_entropy sums over the classes of both: shapes do not fit, or the loss is wrong.

## Use instead
`optax.softmax_cross_entropy_with_integer_labels`, or `jax.nn.one_hot(labels, n)`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.canonical import last
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

INTEGERS = frozenset(("int", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"))


def check(event: Call) -> Iterator[Found]:
    """Report integer arrays as labels of softmax_cross_entropy."""
    if last(event.name) != "softmax_cross_entropy":
        return
    logits, labels = event.argument(0, "logits"), event.argument(1, "labels")
    if labels is None or labels.kind != "array" or labels.dtype not in INTEGERS:
        return
    is_pair = logits is not None and logits.shape is not None and labels.shape is not None
    is_fewer = is_pair and len(labels.shape or ()) < len(logits.shape or () if logits else ())
    if is_fewer or (labels.shape is not None and len(labels.shape) == 1):
        yield Found(
            event.node,
            "The labels are class numbers, and this loss takes one row of probabilities each. Use"
            " optax.softmax_cross_entropy_with_integer_labels.",
        )


RULE = Rule(
    "OPX113",
    "labels-as-numbers",
    "error",
    ((Call, check),),
    confirm="run",
    calls=("optax.",),
    page=__doc__ or "",
)
