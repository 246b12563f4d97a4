"""A distribution is sampled without a key.

## Why is this bad?
The first argument of `sample` is the key: AssertionError, or TypeError.

## Use instead
`d.sample(jax.random.key(0), (5,))`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report draws whose first argument is a shape or a number, or missing."""
    owner = event.owner
    if event.method != "sample" or owner is None or is_guarded(event) or event.has_star:
        return
    if not owner.constructor.startswith("numpyro.distributions."):
        return
    key = event.argument(0, "key")
    is_shape = key is not None and (key.kind in {"tuple", "list"} or key.is_number)
    is_missing = key is None and not event.has_double_star and "rng_key" not in event.kwargs
    if is_shape or is_missing:
        yield Found(event.node, "sample takes a key first: AssertionError. Give jax.random.key(0).")


RULE = Rule(
    "NPR108",
    "draw-without-key",
    "error",
    ((Call, check),),
    confirm="run",
    calls=(".sample",),
    page=__doc__ or "",
)
