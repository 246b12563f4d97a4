"""apply_updates gets something else than the optimiser's updates.

## Why is this bad?
Raw gradients have the wrong sign and size: the loss is climbed, and the optimiser does nothing.
The pair that `tx.update` gives is no tree of updates: ValueError, or the state is added.

## Use instead
`updates, state = tx.update(grads, state, params)`, then `optax.apply_updates(params, updates)`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import shown
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report gradients, and what update gave before it is unpacked."""
    if event.name != "optax.apply_updates":
        return
    updates, node = event.argument(1, "updates"), event.argument_node(1, "updates")
    if updates is None or node is None:
        return
    if updates.op == "gradient":
        yield Found(
            node,
            f"`{shown(event.lint, node)}` is the gradient itself: added to the parameters, it"
            " climbs the loss. Pass what tx.update gives.",
        )
    owner = updates.parent
    if updates.op == ".update()" and owner is not None and owner.constructor.startswith("optax."):
        yield Found(
            node,
            f"`{shown(event.lint, node)}` is the pair (updates, state): its structure is not that"
            " of the parameters. Unpack it: updates, state = tx.update(...).",
        )


RULE = Rule(
    "OPX114",
    "not-updates",
    "error",
    ((Call, check),),
    confirm="none",
    calls=("optax.apply_updates",),
    page=__doc__ or "",
)
