"""A column is subtracted from a vector of the same length, and the result is averaged.

## Why is this bad?
Shapes (n, 1) and (n,) broadcast to (n, n): the loss is that of all pairs, and nothing is raised.

## Use instead
`y[:, 0]`, `y.squeeze(-1)` or a model that returns the same shape.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import shown, via
from jax_workbench.tools.lint_jax_code.engine.canonical import last
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.shaping import Shape
from jax_workbench.tools.lint_jax_code.engine.values import Value

AVERAGES = frozenset(("mean", "sum"))
KEEPING = frozenset(("Pow", "Sub", "jax.numpy.square", "jax.numpy.abs", "abs", "Mult"))
LIKELIHOODS = ("squared_error", "_loss", "l2_loss", "huber_loss", "cross_entropy")


def check(event: Call) -> Iterator[Found]:
    """Report means and sums over a difference that has become a square."""
    if event.name.startswith("optax.") and event.name.endswith(LIKELIHOODS):
        if len(event.args) > 1 and is_square(event.args[0], event.args[1]):
            yield found(event, event.args[0], event.args[1])
        return
    word = last(event.name) or event.method
    is_method = event.owner is not None and event.owner.kind == "array"
    if word not in AVERAGES or not (event.name.startswith("jax.numpy.") or is_method):
        return
    value = event.args[0] if event.name and event.args else event.owner
    for part in via(value, 3) if value is not None else ():
        if part.op == "Sub" and len(part.args) == 2 and is_square(*part.args):
            yield found(event, *part.args)
            return
        if part.op not in KEEPING:
            return


def is_square(one: Value, other: Value) -> bool:
    """Whether a vector and a column of its length meet, neither made on purpose."""
    return any(
        is_column(a.shape) and b.shape is not None and len(b.shape) == 1 and fits(a.shape, b.shape)
        for a, b in ((one, other), (other, one))
        if a.op not in {"[]", "jax.numpy.expand_dims", ".reshape", "jax.numpy.reshape"}
        and not a.op.endswith("keepdims")
    )


def is_column(shape: Shape | None) -> bool:
    """Whether it is (n, 1) with several rows."""
    return shape is not None and len(shape) == 2 and shape[1] == 1 and shape[0] != 1


def fits(column: Shape | None, row: Shape) -> bool:
    """Whether both have the same known length."""
    return column is not None and column[0] is not None and column[0] == row[0]


def found(event: Call, one: Value, other: Value) -> Found:
    """The finding, with both shapes."""
    return Found(
        event.node,
        f"`{shown(event.lint, event.node)}` is over the difference of shapes {one.shape} and"
        f" {other.shape}, which broadcasts to all pairs. Give both the same shape.",
    )


RULE = Rule(
    "JAX613",
    "column-broadcasts",
    "warning",
    ((Call, check),),
    confirm="none",
    page=__doc__ or "",
)
