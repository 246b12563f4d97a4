"""Which arguments of array functions are shapes."""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.canonical import SAMPLERS, last
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.values import Value

FIRST = frozenset(["zeros", "ones", "empty", "full", "eye", "tri", "identity"])
SECOND = frozenset(["broadcast_to", "reshape", "one_hot", "tile", "split"])
NAMED = ("shape", "num_classes", "num", "reps", "newshape", "axis", "slice_size", "slice_sizes")
SIZED = {"dynamic_slice": 2, "dynamic_slice_in_dim": 2, "top_k": 1, "dynamic_index_in_dim": 2}
ALONG_AN_AXIS = frozenset(
    [
        *("sum", "mean", "max", "min", "prod", "std", "var", "any", "all", "argmax", "argmin"),
        *("cumsum", "cumprod", "softmax", "log_softmax", "logsumexp", "expand_dims", "squeeze"),
    ]
)
LAST_POSITION = 8
SHAPED_SAMPLERS = {
    "normal": 1,
    "uniform": 1,
    "randint": 1,
    "exponential": 1,
    "gumbel": 1,
    "laplace": 1,
    "cauchy": 1,
    "logistic": 1,
    "rademacher": 1,
    "bits": 1,
    "bernoulli": 2,
    "split": 1,
}


SHAPED_CALLS = (
    "jax.random.",
    "jax.numpy.",
    "jax.nn.",
    "jax.lax.",
    ".reshape",
    *(f".{method}" for method in ALONG_AN_AXIS),
)
"""Calls that can have shape arguments, as rules name the calls that they look at."""


def shape_arguments(event: Call) -> Iterator[tuple[Value, ast.expr]]:
    """Values that must be Python integers, entry by entry, with their places."""
    for value, node in _whole(event):
        if isinstance(node, ast.Tuple | ast.List) and value.items is not None:
            pairs = zip(value.items, node.elts, strict=False)
            yield from ((v, n) for v, n in pairs if not isinstance(n, ast.Starred))
        else:
            yield value, node


def _whole(event: Call) -> Iterator[tuple[Value, ast.expr]]:
    name = last(event.name)
    positions: range | list[int] = []
    if event.name.startswith("jax.random.") and (name in SAMPLERS or name == "split"):
        positions = [SHAPED_SAMPLERS[name]] if name in SHAPED_SAMPLERS else []
    elif event.name.startswith(("jax.numpy.", "jax.nn.", "jax.lax.")):
        if name in FIRST:
            positions = [0]
        elif name in SECOND:
            positions = [1]
        elif name == "arange":
            positions = range(3)
        elif name == "linspace":
            positions = [2]
        elif name in SIZED or name in ALONG_AN_AXIS:
            positions = [SIZED.get(name, 1)]
        elif event.keyword("axis") is not None:
            positions = [LAST_POSITION]
    elif event.owner is not None and event.owner.kind == "array" and event.method in ALONG_AN_AXIS:
        positions = [0]
    elif event.method == "reshape" and event.owner is not None and event.owner.kind == "array":
        positions = range(LAST_POSITION)
    if not positions:
        return
    for position in positions:
        node = event.argument_node(position)
        value = event.argument(position)
        if node is not None and value is not None and not isinstance(node, ast.Starred):
            yield value, node
    for keyword in NAMED:
        entry = event.keyword(keyword)
        if entry is not None:
            yield event.kwargs[keyword], entry.value
