"""A gradient transformation is called in a way that it has not.

## Why is this bad?
It is a pair of functions, init(params) and update(updates, state, params=None): TypeError.

## Use instead
`state = tx.init(params)`, then `updates, state = tx.update(grads, state, params)`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import shown
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

FEWEST = {"init": 1, "update": 2}
NO_TRANSFORMATIONS = (
    "schedule",
    "losses",
    "_loss",
    "projections",
    "tree_utils",
    "decay",
    "inject_hyperparams",
    "inject_stateful_hyperparams",
    "from_state",
    "perturb",
    "micro",
)
"""Makers of something else, by a part of their name."""


def check(event: Call) -> Iterator[Found]:
    """Report calls of the pair itself, and of its functions with too little."""
    if event.has_star or event.has_double_star or event.lint.guard_depth:
        return
    if is_transformation(event.callee):
        yield Found(
            event.node,
            f"`{shown(event.lint, event.node.func)}` is a pair of functions and can't be called:"
            " TypeError. Use its init(params) and update(grads, state, params).",
        )
    owner, fewest = event.owner, FEWEST.get(event.method, 0)
    n_given = len(event.args) + len(event.kwargs)
    if owner is not None and is_transformation(owner) and n_given < fewest:
        wanted = "params" if event.method == "init" else "grads and state"
        yield Found(
            event.node,
            f"{event.method} takes {wanted}, and gets {n_given or 'nothing'}: TypeError.",
        )


def is_transformation(value: Value) -> bool:
    """Whether optax's constructors gave it."""
    made = value.constructor
    is_other = any(word in made for word in NO_TRANSFORMATIONS)
    is_direct = made.startswith("optax.") and made.count(".") == 1
    return is_direct and not is_other and not made[6:7].isupper()


RULE = Rule(
    "OPX115",
    "transformation-misused",
    "error",
    ((Call, check),),
    confirm="run",
    page=__doc__ or "",
)
