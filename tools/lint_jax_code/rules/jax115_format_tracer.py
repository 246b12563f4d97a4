"""A format specification is applied to a traced value.

## Why is this bad?
A tracer has no number to format: TypeError, unsupported format string.

## Use instead
jax.debug.print with the same specification in a plain string.
"""

import ast
import re
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_differentiated_array, shown
from jax_workbench.tools.lint_jax_code.engine.events import Binary, Call, Event, Format
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

NUMERIC = re.compile(r"%[-+ #0]*[\d.]*[dieEfFgG]")


def check(event: Format) -> Iterator[Found]:
    """Report f-string specifications of traced values."""
    if event.spec and is_differentiated_array(event, event.value):
        yield found(event, event.node)


def check_call(event: Call) -> Iterator[Found]:
    """Report format() and str.format of traced values."""
    if event.name == "builtins.format" and len(event.args) > 1:
        is_wrong = is_differentiated_array(event, event.args[0])
    else:
        owner = event.owner
        is_wrong = (
            event.method == "format"
            and owner is not None
            and isinstance(owner.const, str)
            and ":" in owner.const
            and bool(event.args)
            and all(is_differentiated_array(event, a) for a in event.args)
        )
    if is_wrong:
        yield found(event, event.node)


def check_percent(event: Binary) -> Iterator[Found]:
    """Report `"%f" % traced`."""
    text = event.left.const
    if isinstance(event.operator, ast.Mod) and isinstance(text, str) and NUMERIC.search(text):
        values = event.right.items or [event.right]
        if all(is_differentiated_array(event, v) for v in values):
            yield found(event, event.node)


def found(event: Event, node: ast.AST) -> Found:
    """The finding, in words."""
    return Found(
        node,
        f"`{shown(event.lint, node)}` formats a traced value: TypeError. Use"
        " jax.debug.print with the specification in a plain string.",
    )


RULE = Rule(
    "JAX115",
    "format-tracer",
    "error",
    (
        (Format, check),
        (Call, check_call),
        (Binary, check_percent),
    ),
    confirm="trace",
    calls=("builtins.format", ".format"),
    instead_of=("JAX201",),
    page=__doc__ or "",
)
