"""The fields of a jax.debug.print do not match its arguments.

## Why is this bad?
It formats like str.format and refuses what is left over: ValueError, or IndexError.

## Use instead
One `{}` for each positional argument, `{name}` for each keyword.
"""

import re
import string
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report formats whose fields are not those that are given."""
    if event.name != "jax.debug.print" or event.has_star or event.has_double_star:
        return
    text = event.args[0].const if event.args else None
    if not isinstance(text, str) or is_guarded(event):
        return
    try:
        fields = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
    except ValueError:
        yield Found(event.node, "The format has a brace that is not closed: ValueError.")
        return
    n_given = len(event.args) - 1
    heads = [re.split(r"[.\[]", name)[0] for name in fields]
    n_wanted = sum(not head for head in heads) or max(
        (int(head) + 1 for head in heads if head.isdigit()), default=0
    )
    missing = {h for h in heads if h and not h.isdigit()} - {*event.kwargs}
    options = {"ordered", "partitioned", "skip_format_check"}
    unused = {*event.kwargs} - options - {*heads}
    if n_wanted != n_given or missing or unused:
        yield Found(
            event.node,
            f"The format has {n_wanted} fields for {n_given} positional arguments"
            f"{f', and {sorted(missing | unused)} do not match' if missing | unused else ''}: it"
            " raises. Write one {} for each value.",
        )


RULE = Rule(
    "JAX732",
    "debug-print-fields",
    "error",
    ((Call, check),),
    confirm="trace",
    calls=("jax.debug.print",),
    page=__doc__ or "",
)
