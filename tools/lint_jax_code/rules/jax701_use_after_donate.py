"""An array is used after its buffer was donated.

## Why is this bad?
Donation gives the buffer to the result: RuntimeError, array has been deleted.

## Use instead
Rebind the name to the result, copy before, or do not donate.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, shown
from jax_workbench.tools.lint_jax_code.engine.events import CallTransformed, Read
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


def check_call(event: CallTransformed) -> Iterator[Found]:
    """Report one array that is donated and handed in a second time by the same call."""
    option = event.transform.option("donate_argnums")
    if event.transform.name != "jit" or option is None or event.staged or is_guarded(event):
        return
    entries = option.items if option.items is not None else [option]
    for entry in entries:
        if not isinstance(entry.const, int) or not 0 <= entry.const < len(event.args):
            continue
        given = event.args[entry.const]
        again = [i for i, a in enumerate(event.args) if a is given and i != entry.const]
        if given.kind in {"array", "pytree"} and again and again[0] < len(event.nodes):
            yield Found(
                event.node,
                f"`{shown(event.lint, event.nodes[again[0]])}` is donated and handed in once more"
                " by the same call: RuntimeError. Pass a copy.",
            )
            return


RULE = Rule(
    "JAX701",
    "use-after-donate",
    "error",
    ((Read, check), (CallTransformed, check_call)),
    confirm="run",
    page=__doc__ or "",
)
