"""Trees that are mapped together have different structures.

## Why is this bad?
None is a node without leaves, and dicts must have the same keys: ValueError.

## Use instead
The same keys in each; `is_leaf=lambda x: x is None` where None stands for a leaf.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.structures import (
    UNKNOWN,
    Structure,
    spoken,
    structure,
)

MAPS = frozenset(("jax.tree.map", "jax.tree_util.tree_map"))


def check(event: Call) -> Iterator[Found]:
    """Report trees whose structures are proven to differ."""
    if event.name not in MAPS or len(event.args) < 3 or is_guarded(event):
        return
    if "is_leaf" in event.kwargs or event.has_star:
        return
    first = structure(event.args[1])
    for other in map(structure, event.args[2:]):
        if has_other_prefix(first, other):
            yield Found(
                event.node,
                f"The trees differ, {spoken(first)} beside {spoken(other)}: ValueError. Give them"
                " the same keys, and no None where the other has a leaf.",
            )
            return


def has_other_prefix(first: Structure, other: Structure) -> bool:
    """Whether the first tree is proven to be no prefix of the other."""
    if first in {"leaf", UNKNOWN} or other == UNKNOWN:
        return False
    if isinstance(first, str) or isinstance(other, str):
        return first != other
    if first[0] != other[0] or len(first[1]) != len(other[1]):
        return True
    return any(has_other_prefix(a, b) for a, b in zip(first[1], other[1], strict=True))


RULE = Rule(
    "JAX728",
    "trees-differ",
    "error",
    ((Call, check),),
    confirm="run",
    calls=("jax.tree",),
    page=__doc__ or "",
)
