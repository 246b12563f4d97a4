"""The logarithm of a sigmoid is taken.

## Why is this bad?
The sigmoid rounds to 0 or 1, and the logarithm is -inf.

## Use instead
`jax.nn.log_sigmoid(x)`, or of -x for log(1 - sigmoid(x)).
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report log(sigmoid), log(1 - sigmoid) and log1p(-sigmoid)."""
    if not event.args or event.name not in {"jax.numpy.log", "jax.numpy.log1p"}:
        return
    value = event.args[0]
    is_plain = event.name == "jax.numpy.log" and value.op == "jax.nn.sigmoid"
    is_rest = (
        event.name == "jax.numpy.log"
        and value.op == "Sub"
        and value.args[0].const == 1
        and value.args[1].op == "jax.nn.sigmoid"
    )
    is_rest |= (
        event.name == "jax.numpy.log1p"
        and value.op == "USub"
        and value.args[0].op == "jax.nn.sigmoid"
    )
    if is_plain or is_rest:
        sign = "" if is_plain else "-"
        yield Found(
            event.node,
            f"The sigmoid rounds to 0 or 1 before the logarithm: -inf. Use"
            f" jax.nn.log_sigmoid({sign}x).",
        )


RULE = Rule(
    "JAX607",
    "log-sigmoid",
    "warning",
    ((Call, check),),
    confirm="none",
    calls=("jax.numpy.log",),
    page=__doc__ or "",
)
