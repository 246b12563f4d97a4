"""jax.pmap is used.

## Why is this bad?
It works, but each device gets one slice and no more; jit with shardings and shard_map replace it.

## Use instead
jax.jit with NamedSharding, or jax.shard_map.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Transformed
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Transformed) -> Iterator[Found]:
    """Report pmap."""
    if event.transform.dotted == "jax.pmap":
        yield Found(event.node, "pmap maps over devices only; jit with shardings does more.")


RULE = Rule(
    "JAX712",
    "pmap",
    "info",
    ((Transformed, check),),
    confirm="none",
    page=__doc__ or "",
)
