"""A linen module is initialised without a key.

## Why is this bad?
`init` takes the key first, then the inputs: InvalidRngError.

## Use instead
`module.init(jax.random.key(0), x)`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, shown
from jax_workbench.tools.lint_jax_code.engine.events import Before
from jax_workbench.tools.lint_jax_code.engine.linen import is_linen
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

METHODS = ("init", "init_with_output", "lazy_init")


def check(event: Before) -> Iterator[Found]:
    """Report first arguments that are proven to be no keys."""
    owner = event.owner
    if owner is None or event.method not in METHODS or not event.args or event.has_star:
        return
    if is_linen(owner) and is_no_key(event.args[0]) and not is_guarded(event):
        node = event.node.args[0]
        yield Found(
            event.node,
            f"`{shown(event.lint, node)}` stands where {event.method} takes the random key:"
            f" InvalidRngError. Write {event.method}(key, x).",
        )


def is_no_key(value: Value) -> bool:
    """Whether it is a number or an array that can't be the data of a key."""
    if value.is_number:
        return True
    if value.kind not in {"array", "numpy"}:
        return False
    is_wrong_shape = value.shape is not None and value.shape != (2,)
    return is_wrong_shape or value.dtype.startswith(("float", "bfloat"))


RULE = Rule(
    "FLX120",
    "init-without-key",
    "error",
    ((Before, check),),
    confirm="run",
    calls=tuple(f".{method}" for method in METHODS),
    page=__doc__ or "",
)
