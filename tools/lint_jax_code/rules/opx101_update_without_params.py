"""update is called without the parameters that the optimiser needs.

## Why is this bad?
Weight decay and trust ratios need them: ValueError.

## Use instead
`tx.update(grads, state, params)`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

NEEDING = frozenset(
    ("adamw", "lamb", "lars", "lion", "nadamw", "add_decayed_weights", "adamaxw", "nadam_w")
)


def needs_params(value: Value, depth: int = 0) -> bool:
    """Whether an optimiser, or one of its chain, asks for the parameters."""
    word = value.constructor.removeprefix("optax.")
    if word in NEEDING:
        decay = value.kwargs.get("weight_decay")
        return decay is None or decay.const != 0
    return word == "chain" and depth < 3 and any(needs_params(a, depth + 1) for a in value.args)


def check(event: Call) -> Iterator[Found]:
    """Report updates with two arguments."""
    owner = event.owner
    if event.method != "update" or owner is None or not owner.constructor.startswith("optax."):
        return
    if event.has_star or event.has_double_star or is_guarded(event):
        return
    if len(event.args) == 2 and "params" not in event.kwargs and needs_params(owner):
        word = owner.constructor.removeprefix("optax.")
        yield Found(
            event.node,
            f"{word} needs the parameters: ValueError. Pass them as the third argument of update.",
        )


RULE = Rule(
    "OPX101",
    "update-without-params",
    "error",
    ((Call, check),),
    confirm="run",
    calls=(".update",),
    page=__doc__ or "",
)
