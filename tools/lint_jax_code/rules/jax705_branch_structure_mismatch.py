"""The branches of cond or switch return different structures.

## Why is this bad?
Both branches are compiled into one program with one type of result: TypeError.

## Use instead
The same tuple, dict or array structure from each branch.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.structures import differ, spoken, structure


def check(event: Call) -> Iterator[Found]:
    """Report branches whose structures are proven to differ."""
    if event.name not in {"jax.lax.cond", "jax.lax.switch"} or len(event.inner) < 2:
        return
    forms = [structure(value) for value in event.inner]
    for other in forms[1:]:
        if differ(forms[0], other) and not is_guarded(event):
            yield Found(
                event.node,
                f"One branch returns {spoken(forms[0])}, another {spoken(other)}: TypeError. Return"
                " the same structure.",
            )
            return


RULE = Rule(
    "JAX705",
    "branch-structure-mismatch",
    "error",
    ((Call, check),),
    confirm="trace",
    page=__doc__ or "",
)
