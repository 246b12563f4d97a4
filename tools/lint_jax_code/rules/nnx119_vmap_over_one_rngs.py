"""vmap maps over an nnx.Rngs that holds one key.

## Why is this bad?
Each stream has one key, which has no axis to map over: ValueError.

## Use instead
`rngs.split(n)`, or `@nnx.split_rngs(splits=n)` above the vmap.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, shown
from jax_workbench.tools.lint_jax_code.engine.events import CallTransformed
from jax_workbench.tools.lint_jax_code.engine.nnx import is_rngs
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Transform, Value


def check(event: CallTransformed) -> Iterator[Found]:
    """Report streams of one key at mapped positions."""
    if event.transform.name != "vmap" or event.has_star or is_guarded(event):
        return
    if event.lint.facts.mentions("split_rngs"):
        return  # it may have split these streams in place
    for position, (value, node) in enumerate(zip(event.args, event.nodes, strict=False)):
        if has_one_key(value) and is_mapped(event.transform, position):
            yield Found(
                event.node,
                f"`{shown(event.lint, node)}` has one key for each stream and vmap maps over it:"
                " ValueError. Split it first: rngs.split(n).",
            )
            return


def has_one_key(value: Value) -> bool:
    """Whether streams are proven to start from one seed or key each."""
    seeds = [*value.args, *value.kwargs.values()]
    return is_rngs(value) and bool(seeds) and all(s.is_number or s.kind == "key" for s in seeds)


def is_mapped(transform: Transform, position: int) -> bool:
    """Whether an argument is mapped over an axis that is written out."""
    axes = transform.option("in_axes", 0)
    if axes is None or (isinstance(axes.const, int) and not isinstance(axes.const, bool)):
        return True
    items = axes.items or []
    return position < len(items) and isinstance(items[position].const, int)


RULE = Rule(
    "NNX119",
    "vmap-over-one-rngs",
    "error",
    ((CallTransformed, check),),
    confirm="trace",
    page=__doc__ or "",
)
