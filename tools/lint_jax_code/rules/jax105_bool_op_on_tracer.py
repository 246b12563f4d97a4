"""and, or, not or a chained comparison is applied to a traced value.

## Why is this bad?
Python evaluates these by asking for a truth value, which a tracer does not have:
TracerBoolConversionError.

## Use instead
`&`, `|`, `~` with parentheses around each comparison, or jnp.logical_and and its kin.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_abstract, replaced, shown
from jax_workbench.tools.lint_jax_code.engine.events import Truth
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule

SYMBOLS = {"and": " & ", "or": " | "}


def check(event: Truth) -> Iterator[Found]:
    """Report operands that are traced arrays."""
    if not is_abstract(event, event.value):
        return
    word = "a chained comparison" if event.kind == "chain" else f"`{event.kind}`"
    yield Found(
        event.outer,
        f"{word} asks `{shown(event.lint, event.node)}` for its truth, and it is traced:"
        " TracerBoolConversionError. Use & | ~ with parentheses.",
        fix=mended(event),
    )


def mended(event: Truth) -> Fix | None:
    """Write comparisons with bitwise operators; None where the operands may be no booleans."""
    lint, outer = event.lint, event.outer
    match outer:
        case ast.BoolOp(values=values) if all(isinstance(v, ast.Compare) for v in values):
            text = SYMBOLS[event.kind].join(f"({lint.text(v)})" for v in values)
        case ast.UnaryOp(operand=ast.Compare() as inner):
            text = f"~({lint.text(inner)})"
        case ast.Compare(left=left, ops=ops, comparators=parts):
            sides = [left, *parts]
            between = [_between(event, sides[n], sides[n + 1]) for n in range(len(ops))]
            text = " & ".join(f"({part})" for part in between)
        case _:
            return None
    return Fix("safe", "Combine with bitwise operators", (replaced(lint, outer, text),))


def _between(event: Truth, left: ast.expr, right: ast.expr) -> str:
    start, _ = event.lint.source.span(left)
    _, end = event.lint.source.span(right)
    return event.lint.source.text[start:end]


RULE = Rule(
    "JAX105",
    "bool-op-on-tracer",
    "error",
    ((Truth, check),),
    confirm="trace",
    page=__doc__ or "",
)
