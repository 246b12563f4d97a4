"""An index lies beyond the end of the array.

## Why is this bad?
JAX raises nothing: reads give the last entry, writes are dropped.

## Use instead
An index below the length; `.at[i].get(mode="fill")` where it may be outside.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, is_test_file, shown
from jax_workbench.tools.lint_jax_code.engine.events import Index
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Index) -> Iterator[Found]:
    """Report constant indices beyond a known length."""
    base = event.base.parent if event.is_at else event.base
    if base is None or base.kind != "array" or is_guarded(event) or is_test_file(event.lint):
        return
    row = event.lint.source.lines.row(event.lint.line(event.node))
    if "mode" in row:
        return
    entries = event.index.items if event.index.kind == "tuple" else [event.index]
    for axis, index in enumerate(entries or []):
        length = None
        if base.shape is not None and axis < len(base.shape):
            length = base.shape[axis]
        number = index.const if isinstance(index.const, int) else None
        is_beyond = length is not None and number is not None and not (-length <= number < length)
        is_length = index.op == "len" and index.args == (base,) and axis == 0
        if (is_beyond or is_length) and not isinstance(index.const, bool):
            what = f"{length}" if length is not None else "that length"
            yield Found(
                event.node.slice,
                f"`{shown(event.lint, event.node.slice)}` lies beyond an axis of length {what}:"
                " JAX raises nothing, reads are clamped and writes dropped.",
            )
            return
        if index.op in {"newaxis", "Ellipsis"} or not index.has_const:
            return


RULE = Rule(
    "JAX406",
    "out-of-bounds-literal",
    "warning",
    ((Index, check),),
    confirm="none",
    page=__doc__ or "",
)
