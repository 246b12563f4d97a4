"""A function whose result has a data-dependent shape is traced.

## Why is this bad?
nonzero, unique and their kin return as many entries as the data decide; tracing needs the number:
ConcretizationTypeError.

## Use instead
The `size=` argument (`total_repeat_length=` for repeat), or three-argument where.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_traced
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

NAMES = frozenset(
    (
        "nonzero",
        "argwhere",
        "flatnonzero",
        "unique",
        "unique_values",
        "unique_counts",
        "unique_inverse",
        "unique_all",
        "compress",
        "extract",
        "setdiff1d",
        "union1d",
        "intersect1d",
        "setxor1d",
    )
)


def check(event: Call) -> Iterator[Found]:
    """Report calls without a size on traced values."""
    if event.has_double_star or "size" in event.kwargs:
        return
    if event.name.startswith("jax.numpy."):
        word, args = event.name.rpartition(".")[2], event.args
    elif event.method == "nonzero" and event.owner is not None:
        word, args = "nonzero", [event.owner]
    else:
        return
    option = "size"
    if word == "repeat":
        option, args = "total_repeat_length", args[1:2]
        if option in event.kwargs or len(event.args) > 3:
            return
    elif word not in NAMES and not (word == "where" and len(event.args) == 1 and not event.kwargs):
        return
    if any(is_traced(event, value) for value in args):
        yield Found(
            event.node,
            f"The shape of {word}'s result depends on traced values: ConcretizationTypeError."
            f" Give {option}=.",
        )


RULE = Rule(
    "JAX109",
    "data-dependent-shape",
    "error",
    ((Call, check),),
    confirm="trace",
    calls=("jax.numpy.", ".nonzero"),
    page=__doc__ or "",
)
