"""A linen module with active Dropout is applied without a random key for it.

## Why is this bad?
InvalidRngError: no key is there for the collection `dropout`.

## Use instead
`module.apply(variables, x, rngs={"dropout": key})`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.linen import applied_by, is_switched
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report active dropout inside an apply without random keys."""
    if event.callee.constructor != "flax.linen.Dropout":
        return
    applied = applied_by(event)
    if applied is None or "rngs" in applied[1]:
        return
    if is_switched(event, "deterministic", on=False):
        yield Found(
            applied[0],
            "Dropout is active in this apply, which has no rngs: InvalidRngError. Pass"
            ' rngs={"dropout": key}.',
            related=((event.node, "active here"),),
        )


RULE = Rule(
    "FLX102",
    "dropout-without-rng",
    "error",
    ((Call, check),),
    confirm="run",
    page=__doc__ or "",
)
