"""jax.random.PRNGKey makes a raw uint32 key.

## Why is this bad?
It works, but raw keys are arrays: nothing stops arithmetic on them, and key reuse can't be
checked at run time.

## Use instead
`jax.random.key`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import replaced
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report PRNGKey."""
    if event.callee.name == "jax.random.PRNGKey":
        edit = None
        if isinstance(event.node.func, ast.Attribute):
            base = event.lint.text(event.node.func.value)
            edit = replaced(event.lint, event.node.func, f"{base}.key")
        yield Found(
            event.node,
            "jax.random.PRNGKey makes a raw key; jax.random.key makes a typed one.",
            fix=Fix("unsafe", "Use jax.random.key", (edit,)) if edit else None,
        )


RULE = Rule(
    "JAX307",
    "legacy-prngkey",
    "info",
    ((Call, check),),
    confirm="none",
    page=__doc__ or "",
)
