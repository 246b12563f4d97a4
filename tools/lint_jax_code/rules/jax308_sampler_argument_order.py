"""A sampler gets the shape before the key.

## Why is this bad?
The key comes first in jax.random; a shape there raises TypeError.

## Use instead
`jax.random.normal(key, shape)`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import replaced, shown
from jax_workbench.tools.lint_jax_code.engine.canonical import SAMPLERS
from jax_workbench.tools.lint_jax_code.engine.events import Before
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule


def check(event: Before) -> Iterator[Found]:
    """Report shapes, numbers and texts in the key's place."""
    module, _, word = event.name.rpartition(".")
    if module != "jax.random" or word not in SAMPLERS or not event.args or event.has_star:
        return
    if word == "randint" and len(event.args) == 4 and is_numpy_order(event):
        yield Found(
            event.node,
            "jax.random.randint takes (key, shape, minval, maxval); here the shape stands last, as"
            " in NumPy: an empty array, or TypeError.",
        )
        return
    first = event.args[0]
    is_literal = first.is_number or isinstance(first.const, str)
    if first.kind in {"tuple", "list", "shape"} or (first.kind == "static" and is_literal):
        yield Found(
            event.node,
            f"jax.random.{word} takes the key first, and"
            f" `{shown(event.lint, event.node.args[0])}` is none: TypeError.",
            fix=mended(event),
        )


def is_numpy_order(event: Before) -> bool:
    """Whether the lower bound stands in the place of the shape, or a shape in that of a bound."""
    return event.args[1].const == 0 or event.args[3].kind in {"tuple", "list"}


def mended(event: Before) -> Fix | None:
    """Exchange the first two arguments."""
    if len(event.args) < 2 or event.args[1].kind not in {"key", "keys"}:
        return None
    first, second = event.node.args[:2]
    lint = event.lint
    edits = (replaced(lint, first, lint.text(second)), replaced(lint, second, lint.text(first)))
    return Fix("unsafe", "Exchange key and shape", edits)


RULE = Rule(
    "JAX308",
    "sampler-argument-order",
    "error",
    ((Before, check),),
    confirm="trace",
    calls=("jax.random.",),
    page=__doc__ or "",
)
