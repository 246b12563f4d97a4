"""A sample shape is given as a number.

## Why is this bad?
NumPyro takes shapes as tuples: TypeError.

## Use instead
`sample_shape=(n,)`, `d.expand([n])`, `d.sample(key, (n,))`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import replaced, shown
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule

PLACES = {"sample": 1, "expand": 0}
"""Of a distribution's methods that take a shape."""


def check(event: Call) -> Iterator[Found]:
    """Report numbers in the place of shapes."""
    if event.name == "numpyro.sample":
        shape, node = event.kwargs.get("sample_shape"), event.keyword("sample_shape")
        where = node.value if node is not None else None
    elif event.owner is not None and event.owner.constructor.startswith("numpyro.distributions."):
        place = PLACES.get(event.method, -1)
        name = "sample_shape" if event.method == "sample" else "batch_shape"
        shape, where = event.argument(place, name), event.argument_node(place, name)
    else:
        return
    is_number = shape is not None and (
        shape.kind == "shape" or (shape.kind == "static" and shape.is_number)
    )
    if shape is None or where is None or not is_number:
        return
    text = f"({event.lint.text(where)},)"
    yield Found(
        where,
        f"`{shown(event.lint, where)}` is a number, and a shape is a tuple: TypeError. Write"
        f" {text}.",
        fix=Fix("safe", "Make it a tuple", (replaced(event.lint, where, text),)),
    )


RULE = Rule(
    "NPR112",
    "shape-not-a-tuple",
    "error",
    ((Call, check),),
    confirm="run",
    calls=("numpyro.sample", ".sample", ".expand"),
    page=__doc__ or "",
)
