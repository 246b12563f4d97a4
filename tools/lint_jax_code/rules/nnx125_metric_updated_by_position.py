"""A metric of nnx is updated with positional arguments.

## Why is this bad?
`update` takes keywords alone: TypeError.

## Use instead
`metrics.update(loss=loss, logits=logits, labels=labels)`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

METRICS = frozenset(
    f"flax.nnx.{path}{name}"
    for path in ("", "metrics.")
    for name in ("MultiMetric", "Average", "Accuracy", "Welford")
)


def check(event: Call) -> Iterator[Found]:
    """Report updates of proven metrics."""
    owner = event.owner
    is_metric = owner is not None and owner.constructor in METRICS
    if event.method == "update" and is_metric and event.args and not is_guarded(event):
        yield Found(
            event.node,
            "update of a metric takes keywords alone: TypeError. Name what is passed, as in"
            " update(loss=loss).",
        )


RULE = Rule(
    "NNX125",
    "metric-updated-by-position",
    "error",
    ((Call, check),),
    confirm="run",
    calls=(".update",),
    page=__doc__ or "",
)
