"""A flag of training is given where its opposite is asked for.

## Why is this bad?
`deterministic` and `use_running_average` are true in evaluation: with the flag of training there,
Dropout drops nothing in training, and BatchNorm never learns.

## Use instead
`deterministic=not train`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import replaced
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule

TRAINING = frozenset(("train", "training", "is_training", "is_train", "train_mode"))
OPPOSITE = {"deterministic": "Dropout", "use_running_average": "BatchNorm"}


def check(event: Call) -> Iterator[Found]:
    """Report `deterministic=train`."""
    for keyword in event.node.keywords:
        layer = OPPOSITE.get(keyword.arg or "")
        name = keyword.value.id if isinstance(keyword.value, ast.Name) else ""
        made = event.name or event.callee.constructor
        if layer is not None and name in TRAINING and made.startswith("flax."):
            yield Found(
                keyword.value,
                f"{keyword.arg} is true in evaluation, and gets `{name}`: {layer} does the"
                f" opposite of what is meant. Write not {name}.",
                fix=Fix(
                    "unsafe",
                    f"Write not {name}",
                    (replaced(event.lint, keyword.value, f"not {name}"),),
                ),
            )


RULE = Rule(
    "FLX122",
    "flag-the-other-way-round",
    "warning",
    ((Call, check),),
    confirm="none",
    page=__doc__ or "",
)
