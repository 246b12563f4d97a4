"""The result of optax.apply_updates is thrown away.

## Why is this bad?
It returns new parameters and leaves the old ones as they are: nothing is learned, silently.

## Use instead
`params = optax.apply_updates(params, updates)`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import inserted_before
from jax_workbench.tools.lint_jax_code.engine.events import Discard
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule


def check(event: Discard) -> Iterator[Found]:
    """Report apply_updates as a statement."""
    call = event.node.value
    is_call = isinstance(call, ast.Call) and event.value.op == "optax.apply_updates"
    if not is_call or event.is_last or not isinstance(call, ast.Call):
        return
    fix = None
    if call.args and isinstance(call.args[0], ast.Name):
        edit = inserted_before(event.lint, event.node, f"{call.args[0].id} = ")
        fix = Fix("safe", f"Assign to {call.args[0].id}", (edit,))
    yield Found(
        call,
        "apply_updates returns new parameters, and nobody takes them: nothing is learned. Assign"
        " the result.",
        fix=fix,
    )


RULE = Rule(
    "OPX102",
    "apply-updates-discarded",
    "error",
    ((Discard, check),),
    confirm="none",
    instead_of=("JAX403",),
    page=__doc__ or "",
)
