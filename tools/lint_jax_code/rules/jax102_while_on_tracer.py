"""The test of a while loop is a traced value.

## Why is this bad?
Tracing runs the body once with tracers; `while` asks for a truth value that does not exist yet
and raises TracerBoolConversionError.

## Use instead
`jax.lax.while_loop(cond, body, init)`, with what the body rebinds as the carry.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_abstract, shown
from jax_workbench.tools.lint_jax_code.engine.events import Branch
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Branch) -> Iterator[Found]:
    """Report while tests whose value is a traced array."""
    if event.kind == "while" and is_abstract(event, event.value):
        yield Found(
            event.test,
            f"`while {shown(event.lint, event.test)}` asks a traced value for its truth:"
            " TracerBoolConversionError. Use lax.while_loop over what the body rebinds.",
        )


RULE = Rule(
    "JAX102",
    "while-on-tracer",
    "error",
    ((Branch, check),),
    confirm="trace",
    page=__doc__ or "",
)
