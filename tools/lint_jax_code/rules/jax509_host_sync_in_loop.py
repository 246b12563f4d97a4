"""A result is fetched to the host in every turn of a loop.

## Why is this bad?
float(), .item() and np.asarray wait for the device: nothing overlaps with the host any more.

## Use instead
Keep the device value; convert after the loop, or every k turns.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import shown, via
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

FETCHING = frozenset(("builtins.float", "builtins.int", "jax.device_get", "numpy.asarray"))


def check(event: Call) -> Iterator[Found]:
    """Report unconditional conversions of results of jitted functions."""
    if event.staged or not event.frame.in_loop or event.frame.is_comprehension:
        return
    if event.frame.guards:
        return
    if event.name in FETCHING and event.args:
        value = event.args[0]
    elif event.method == "item" and event.owner is not None:
        value = event.owner
    else:
        return
    if any(part.op == "result" and part.kind in {"array", "pytree"} for part in via(value, 3)):
        yield Found(
            event.node,
            f"`{shown(event.lint, event.node)}` waits for the device in every turn. Convert after"
            " the loop.",
        )


RULE = Rule(
    "JAX509",
    "host-sync-in-loop",
    "info",
    ((Call, check),),
    confirm="none",
    calls=(*FETCHING, ".item"),
    page=__doc__ or "",
)
