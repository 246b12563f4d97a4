"""An array is used after its buffer was donated.

## Why is this bad?
Donation gives the buffer to the result: RuntimeError, array has been deleted.

## Use instead
Rebind the name to the result, copy before, or do not donate.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Read
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Read) -> Iterator[Found]:
    """Report reads of donated values, but not of their shapes."""
    call = event.lint.donated.get(event.value.serial)
    if call is None or event.staged or event.node in event.lint.facts.shape_reads:
        return
    if is_guarded(event):
        return
    yield Found(
        event.node,
        f"`{event.node.id}` was donated on line {event.lint.line(call)}: its buffer is gone"
        " (RuntimeError). Rebind it to the result, or copy before.",
        related=((call, "donated here"),),
    )


RULE = Rule(
    "JAX701",
    "use-after-donate",
    "error",
    ((Read, check),),
    confirm="run",
    page=__doc__ or "",
)
