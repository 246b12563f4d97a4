"""A linen parameter gets an array in the place of its initializer.

## Why is this bad?
`self.param` and `self.variable` call their second argument: TypeError.

## Use instead
`self.param("bias", nn.initializers.zeros, (n,))`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, shown
from jax_workbench.tools.lint_jax_code.engine.events import Before
from jax_workbench.tools.lint_jax_code.engine.linen import is_linen
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

PLACES = {"param": 1, "variable": 2}
"""Where each method takes the function."""
DIRECT = frozenset(("zeros", "ones"))
"""Initializers that take the key and the shape themselves."""
NO_FUNCTIONS = frozenset(("array", "arrays", "numpy", "key", "keys", "tuple", "list", "dict"))


def check(event: Before) -> Iterator[Found]:
    """Report what is proven to be no function."""
    owner, place = event.owner, PLACES.get(event.method)
    if owner is None or place is None or not is_linen(owner) or is_guarded(event):
        return
    value, node = event.argument(place, "init_fn"), event.argument_node(place, "init_fn")
    if value is None or node is None or event.has_star or not is_no_function(value):
        return
    yield Found(
        event.node,
        f"`{shown(event.lint, node)}` is no function, and self.{event.method} calls it to make the"
        " value: TypeError. Pass an initializer, and the shape after it.",
    )


def is_no_function(value: Value) -> bool:
    """Whether it is an array or another value that can't be called."""
    library, _, word = value.op.rpartition(".")
    is_made = library.endswith(".initializers") and word in DIRECT
    return is_made or value.kind in NO_FUNCTIONS or value.is_number


RULE = Rule(
    "FLX124",
    "parameter-without-initializer",
    "error",
    ((Before, check),),
    confirm="run",
    calls=tuple(f".{method}" for method in PLACES),
    page=__doc__ or "",
)
