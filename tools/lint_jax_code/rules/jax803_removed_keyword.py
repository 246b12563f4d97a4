"""A keyword is given that the function no longer has.

## Why is this bad?
TypeError, unexpected keyword argument.

## Use instead
The keyword that replaced it.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import replaced
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.removed import removed_keywords
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report removed keywords of library functions."""
    if event.callee.kind != "name" or event.lint.guard_depth:
        return
    for name in (event.callee.name, event.name):
        for keyword in event.node.keywords:
            gone = removed_keywords().get(f"{name}({keyword.arg})")
            if gone is None:
                continue
            fix = None
            if gone.how == "rename" and gone.replacement:
                text = f"{gone.replacement}={event.lint.text(keyword.value)}"
                fix = Fix("safe", "Rename it", (replaced(event.lint, keyword, text),))
            advice = f" Use {gone.replacement}." if gone.replacement else " Drop it."
            yield Found(keyword, f"{name} has no {keyword.arg}: TypeError.{advice}", fix=fix)
        if event.callee.name == event.name:
            return


RULE = Rule(
    "JAX803",
    "removed-keyword",
    "error",
    ((Call, check),),
    confirm="trace",
    page=__doc__ or "",
)
