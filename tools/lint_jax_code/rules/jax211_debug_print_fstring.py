"""jax.debug.print gets an f-string.

## Why is this bad?
The f-string is formatted at tracing: it shows the tracer, and braces in it are taken for
placeholders.

## Use instead
A plain format string, the values as arguments.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import replaced
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule
from jax_workbench.tools.lint_jax_code.engine.strings import f_string_as_format
from jax_workbench.tools.lint_jax_code.engine.values import leaves, traced_of


def check(event: Call) -> Iterator[Found]:
    """Report formatted texts with traced parts."""
    if event.name != "jax.debug.print" or not event.args:
        return
    text = event.args[0]
    parts = text.args if text.op in {"f-string", "%", ".format"} else ()
    if traced_of(*parts, *(leaf for p in parts for leaf in leaves(p))):
        yield Found(
            event.node,
            "The text is formatted once, at tracing, and shows a tracer. Give jax.debug.print a"
            " plain format string and the values as arguments.",
            fix=mended(event),
        )


def mended(event: Call) -> Fix | None:
    """The same text with placeholders."""
    arguments = f_string_as_format(event.lint, event.node.args[0])
    if arguments is None or len(event.node.args) > 1:
        return None
    edit = replaced(event.lint, event.node.args[0], arguments)
    return Fix("safe", "Use placeholders", (edit,))


RULE = Rule(
    "JAX211",
    "debug-print-fstring",
    "error",
    ((Call, check),),
    confirm="none",
    calls=("jax.debug.print",),
    page=__doc__ or "",
)
