"""A square root is taken of what is clipped at zero.

## Why is this bad?
The slope of the root is infinite there, and that of the clip is zero: the gradient is nan.

## Use instead
`jnp.sqrt(jnp.maximum(x, eps))`, or two wheres.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import shown
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

ROOTS = frozenset(("jax.numpy.sqrt", "jax.lax.sqrt"))
CLIPS = frozenset(("jax.numpy.maximum", "jax.numpy.clip", "jax.nn.relu", "jax.numpy.abs"))
GRADIENTS = ("grad", "value_and_grad", "jacfwd", "jacrev", "hessian", "vjp")


def check(event: Call) -> Iterator[Found]:
    """Report roots of values that are often exactly zero."""
    if event.name not in ROOTS or not event.args or not event.lint.facts.mentions(*GRADIENTS):
        return
    inner = event.args[0]
    if inner.op in CLIPS and is_at_zero(inner) and event.lint.profile != "library":
        yield Found(
            event.node,
            f"`{shown(event.lint, event.node)}` has a nan gradient where it is clipped. Clip at a"
            " small positive number, or use two wheres.",
        )


def is_at_zero(value: Value) -> bool:
    """Whether the clip is at zero."""
    if value.op == "jax.nn.relu":
        return True
    bounds = (
        (*value.args[1:2], *value.args[:1])
        if value.op.endswith("maximum")
        else (
            *value.args[1:2],
            *(v for k, v in value.kwargs.items() if k == "min"),
        )
    )
    return any(bound.is_number and bound.const == 0 for bound in bounds)


RULE = Rule(
    "JAX615",
    "root-of-clipped",
    "warning",
    ((Call, check),),
    confirm="gradient",
    calls=("jax.",),
    page=__doc__ or "",
)
