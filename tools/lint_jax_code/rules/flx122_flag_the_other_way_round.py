"""A flag of training is given where its opposite is asked for.

## Why is this bad?
`deterministic` and `use_running_average` are true in evaluation: with the flag of training there,
Dropout drops nothing in training, and BatchNorm never learns.

## Use instead
`deterministic=not train`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, replaced, shown
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule

OPTIONS = ("deterministic", "use_running_average")
TRAINING = frozenset(("train", "training", "is_training", "is_train", "train_mode"))
EVALUATION = frozenset(
    ("deterministic", "evaluation", "is_eval", "eval_mode", "inference", "use_running_average")
)
LIBRARIES = ("flax.linen.", "flax.nnx.")


def check(event: Call) -> Iterator[Found]:
    """Report both ways of getting it wrong, where a layer is made or called."""
    is_layer = event.name.startswith(LIBRARIES) or event.callee.constructor.startswith(LIBRARIES)
    if not is_layer or is_guarded(event):
        return
    for option in OPTIONS:
        given = event.keyword(option)
        if given is None:
            continue
        mended = opposite(event, given.value)
        if mended:
            yield Found(
                given.value,
                f"{option} is given `{shown(event.lint, given.value)}`, which means the opposite:"
                f" the layer works in evaluation and rests in training. Write {mended}.",
                fix=Fix("unsafe", f"Write {mended}", (replaced(event.lint, given.value, mended),)),
            )


def opposite(event: Call, node: ast.expr) -> str:
    """What should stand there; empty where nothing is wrong by its name."""
    match node:
        case ast.Name() | ast.Attribute() if word_of(node) in TRAINING:
            return f"not {event.lint.text(node)}"
        case ast.UnaryOp(op=ast.Not(), operand=inner) if word_of(inner) in EVALUATION:
            return event.lint.text(inner)
        case _:
            return ""


def word_of(node: ast.expr) -> str:
    """The last word of a name."""
    match node:
        case ast.Name(id=word) | ast.Attribute(attr=word):
            return word
        case _:
            return ""


RULE = Rule(
    "FLX122",
    "flag-the-other-way-round",
    "warning",
    ((Call, check),),
    confirm="none",
    page=__doc__ or "",
)
