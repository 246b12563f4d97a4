"""print or logging of a traced value in staged code.

## Why is this bad?
The function body runs once, at tracing: it prints a tracer, not the number, and later calls print
nothing.

## Use instead
`jax.debug.print("{}", x)`, which prints at every call.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_staged, replaced
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule
from jax_workbench.tools.lint_jax_code.engine.strings import f_string_as_format
from jax_workbench.tools.lint_jax_code.engine.values import MAPPED, Value, traced_of

LEVELS = frozenset(("debug", "info", "warning", "error", "exception", "critical", "log"))


def check(event: Call) -> Iterator[Found]:
    """Report prints of traced values."""
    is_print = event.name == "builtins.print"
    is_log = is_logging(event)
    if not (is_print or is_log) or not is_staged(event):
        return
    if any(is_shown_traced(value) for value in event.args):
        yield Found(
            event.node,
            f"{event.name.rpartition('.')[2] or event.method} shows a tracer once, at tracing, and"
            " nothing at later calls. Use jax.debug.print.",
            fix=mended(event) if is_print else None,
        )


def is_logging(event: Call) -> bool:
    """Whether it writes a record: by the module, or by a logger."""
    if event.name.startswith(("logging.", "absl.logging.", "warnings.warn", "wandb.log")):
        return not event.name.endswith("getLogger")
    owner = event.owner
    return event.method in LEVELS and owner is not None and owner.op == "logging.getLogger"


def is_shown_traced(value: Value) -> bool:
    """Whether an argument is traced, or a text with traced parts."""
    return traced_of(value, *(value.args if value.op == "f-string" else ())) >= MAPPED


def mended(event: Call) -> Fix | None:
    """jax.debug.print with a placeholder for each value."""
    lint, nodes = event.lint, event.node.args
    if event.node.keywords or event.has_star:
        return None
    if len(nodes) == 1 and isinstance(nodes[0], ast.JoinedStr):
        arguments = f_string_as_format(lint, nodes[0])
    else:
        text = " ".join(
            str(n.value).replace("{", "{{").replace("}", "}}")
            if isinstance(n, ast.Constant) and isinstance(n.value, str)
            else "{}"
            for n in nodes
        )
        quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
        values = [
            lint.text(n)
            for n in nodes
            if not (isinstance(n, ast.Constant) and isinstance(n.value, str))
        ]
        arguments = ", ".join([quoted, *values])
    if arguments is None:
        return None
    edit = replaced(lint, event.node, f"jax.debug.print({arguments})")
    return Fix("safe", "Use jax.debug.print", (edit,), ("import jax",))


RULE = Rule(
    "JAX201",
    "print-in-jit",
    "warning",
    ((Call, check),),
    confirm="none",
    page=__doc__ or "",
)
