"""A keyword is given that the function no longer has.

## Why is this bad?
TypeError, unexpected keyword argument.

## Use instead
The keyword that replaced it.
"""

import ast
import difflib
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import replaced
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.removed import Gone, removed_keywords
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule
from jax_workbench.tools.lint_jax_code.engine.surface import Signature, is_refused, signature

HABITS = {"dim": "axis", "keepdim": "keepdims", "rng": "key", "lr": "learning_rate"}
"""Words of other libraries."""


def check(event: Call) -> Iterator[Found]:
    """Report keywords that library functions do not take."""
    if event.callee.kind != "name" or event.lint.guard_depth:
        return
    known = signature(event.callee.name)
    for keyword in event.node.keywords:
        gone = next(
            (
                entry
                for name in (event.callee.name, event.name)
                if (entry := removed_keywords().get(f"{name}({keyword.arg})")) is not None
            ),
            None,
        )
        if gone is not None:
            yield found(event, keyword, gone)
        elif known is not None and is_refused(keyword, known):
            yield unknown(event, keyword, known)


def found(event: Call, keyword: ast.keyword, gone: Gone) -> Found:
    """The finding for a keyword that was there once."""
    fix = None
    if gone.how == "rename" and gone.replacement:
        text = f"{gone.replacement}={event.lint.text(keyword.value)}"
        fix = Fix("safe", "Rename it", (replaced(event.lint, keyword, text),))
    advice = f" Use {gone.replacement}." if gone.replacement else " Drop it."
    name = event.callee.name
    return Found(keyword, f"{name} has no {keyword.arg}: TypeError.{advice}", fix=fix)


def unknown(event: Call, keyword: ast.keyword, known: Signature) -> Found:
    """The finding for a keyword that the installed version does not take."""
    name = event.callee.name
    meant = HABITS.get(keyword.arg or "", "")
    close = difflib.get_close_matches(keyword.arg or "", known.by_name, n=1, cutoff=0.7)
    word = meant if meant in known.by_name else close[0] if close else ""
    advice = f" Is {word} meant?" if word else f" It takes {', '.join(sorted(known.by_name))}."
    return Found(keyword, f"{name} takes no {keyword.arg}: TypeError.{advice}")


RULE = Rule(
    "JAX803",
    "removed-keyword",
    "error",
    ((Call, check),),
    confirm="trace",
    page=__doc__ or "",
)
