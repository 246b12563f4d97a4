"""An array is made of text, or of rows of different lengths.

## Why is this bad?
JAX arrays hold numbers in a rectangle: TypeError or ValueError.

## Use instead
Rows padded to one length, with a mask; NumPy arrays or lists for text.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value, leaves

MAKERS = frozenset(("jax.numpy.array", "jax.numpy.asarray", "jax.numpy.stack"))


def check(event: Call) -> Iterator[Found]:
    """Report displays that hold strings, or lists of different lengths."""
    if event.name not in MAKERS or not event.args or is_guarded(event):
        return
    first = event.args[0]
    parts = leaves(first)
    if any(isinstance(part.const, str) for part in parts) and first.kind in {"list", "tuple"}:
        yield Found(event.node, "JAX arrays hold no text: TypeError. Keep it in a list.")
    elif is_ragged(first):
        yield Found(
            event.node,
            "The rows have different lengths: ValueError. Pad them to one length.",
        )


def is_ragged(value: Value) -> bool:
    """Whether rows that are written out differ in length."""
    rows = [i for i in value.items or [] if i.kind in {"list", "tuple"} and i.items is not None]
    is_whole = value.items is not None and len(rows) == len(value.items)
    return is_whole and len({len(row.items or []) for row in rows}) > 1


RULE = Rule(
    "JAX410",
    "not-numbers",
    "error",
    ((Call, check),),
    confirm="run",
    calls=("jax.numpy.",),
    page=__doc__ or "",
)
