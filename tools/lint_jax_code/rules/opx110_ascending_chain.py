"""A chain of optax ends with a positive scale.

## Why is this bad?
Updates are added: with a positive factor the parameters climb the loss.

## Use instead
`optax.scale(-rate)` or `optax.scale_by_learning_rate(rate)`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report chains of scale_by_* that end with a positive number."""
    if event.name != "optax.chain" or len(event.args) < 2 or event.has_star:
        return
    *before, end = event.args
    rate = end.args[0] if end.op == "optax.scale" and end.args else None
    raw = [v.op.startswith(("optax.scale_by_", "optax.clip", "optax.trace")) for v in before]
    if rate is not None and rate.is_number and rate.const > 0 and all(raw):
        is_signed = any(v.op == "optax.scale_by_learning_rate" for v in before)
        if not is_signed:
            yield Found(
                event.node.args[-1],
                f"The chain ends with a positive scale of {rate.const:g}: the parameters climb the"
                " loss. Write optax.scale_by_learning_rate, or a negative scale.",
                severity="info" if event.lint.profile == "library" else None,
            )


RULE = Rule(
    "OPX110",
    "ascending-chain",
    "error",
    ((Call, check),),
    confirm="none",
    calls=("optax.chain",),
    page=__doc__ or "",
)
