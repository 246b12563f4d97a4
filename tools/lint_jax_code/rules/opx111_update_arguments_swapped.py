"""The arguments of an update stand in the wrong order.

## Why is this bad?
optax takes (gradients, state, params), nnx.Optimizer takes (model, gradients): ValueError, or
nothing is learnt.

## Use instead
`tx.update(grads, opt_state, params)`; `optimizer.update(model, grads)`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value


def check(event: Call) -> Iterator[Found]:
    """Report a state in the place of gradients, and gradients in that of a model."""
    owner = event.owner
    if owner is None or event.method != "update" or len(event.args) < 2 or is_guarded(event):
        return
    first, second = event.args[:2]
    if owner.constructor == "flax.nnx.Optimizer" and first.op == "gradient":
        yield Found(
            event.node, "update takes (model, gradients), and the gradients stand first here."
        )
    elif owner.constructor.startswith("optax.") and is_state(first) and not is_state(second):
        yield Found(
            event.node,
            "update takes (gradients, state), and the state stands first here: ValueError.",
        )
    elif is_state_last(event):
        yield Found(
            event.node,
            "update takes (gradients, state, params), and the state stands last here.",
        )


def is_state_last(event: Call) -> bool:
    """Whether optax gets the state where the parameters belong."""
    owner, args = event.owner, event.args
    if owner is None or not owner.constructor.startswith("optax.") or len(args) < 3:
        return False
    return is_state(args[2]) and not is_state(args[1])


def is_state(value: Value) -> bool:
    """Whether it is what `init` of an optimiser gave."""
    maker = value.parent
    return value.op == ".init()" and maker is not None and maker.constructor.startswith("optax.")


RULE = Rule(
    "OPX111",
    "update-arguments-swapped",
    "error",
    ((Call, check),),
    confirm="run",
    calls=(".update",),
    page=__doc__ or "",
)
