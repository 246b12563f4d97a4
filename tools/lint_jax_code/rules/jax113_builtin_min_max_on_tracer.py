"""A builtin compares traced values.

## Why is this bad?
max, min, sorted, any, all and `in` compare with Python's truth, which tracers do not have:
TracerBoolConversionError.

## Use instead
jnp.maximum, jnp.minimum, jnp.sort, jnp.any, jnp.all, jnp.isin.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_abstract, is_traced, replaced, shown
from jax_workbench.tools.lint_jax_code.engine.events import Call, Compare
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

PAIRS = {"max": "jnp.maximum", "min": "jnp.minimum"}
WHOLES = {
    "max": "jnp.max",
    "min": "jnp.min",
    "sorted": "jnp.sort",
    "any": "jnp.any",
    "all": "jnp.all",
}


def check(event: Call) -> Iterator[Found]:
    """Report builtins that compare traced values."""
    module, _, word = event.name.rpartition(".")
    if module != "builtins" or word not in WHOLES or not event.args:
        return
    if (len(event.args) == 1 and word not in PAIRS and word != "sorted") or len(event.args) == 1:
        is_wrong = is_sequence_of_traced(event, event.args[0])
        other = WHOLES[word]
    else:
        is_wrong = word in PAIRS and any(is_traced(event, v) for v in event.args)
        other = PAIRS.get(word, "")
    if is_wrong:
        yield Found(
            event.node,
            f"{word}() compares traced values with Python's truth: TracerBoolConversionError."
            f" Use {other}.",
            fix=mended(event, word),
        )


def is_sequence_of_traced(event: Call, value: Value) -> bool:
    """Whether iterating gives traced arrays of which the truth is asked."""
    if is_abstract(event, value):
        return value.shape != ()
    if value.items is not None and len(value.items) > 1:
        return any(is_abstract(event, item) for item in value.items)
    return value.op == "comprehension" and any(is_abstract(event, a) for a in value.args)


def mended(event: Call, word: str) -> Fix | None:
    """jnp.maximum or jnp.minimum of two values."""
    if len(event.args) != 2 or word not in PAIRS or event.kwargs:
        return None
    edit = replaced(event.lint, event.node.func, PAIRS[word])
    return Fix("safe", f"Use {PAIRS[word]}", (edit,), ("import jax.numpy as jnp",))


def check_membership(event: Compare) -> Iterator[Found]:
    """Report `traced in [..]`."""
    if not isinstance(event.operator, ast.In | ast.NotIn) or not is_traced(event, event.left):
        return
    if event.right.kind in {"list", "tuple"} and event.right.items:
        yield Found(
            event.node,
            f"`{shown(event.lint, event.node)}` compares a traced value with Python's truth:"
            " TracerBoolConversionError. Use jnp.isin.",
        )


RULE = Rule(
    "JAX113",
    "builtin-min-max-on-tracer",
    "error",
    (
        (Call, check),
        (Compare, check_membership),
    ),
    confirm="trace",
    calls=("builtins.",),
    page=__doc__ or "",
)
