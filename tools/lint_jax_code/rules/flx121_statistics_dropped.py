"""The updated statistics of a linen module are dropped.

## Why is this bad?
BatchNorm gives its new averages back beside the output; where nobody takes them they stay at
their start, and evaluation normalises by zeros and ones.

## Use instead
`y, updated = module.apply(..., mutable=["batch_stats"])`, and carry `updated` on.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_test_file
from jax_workbench.tools.lint_jax_code.engine.events import Unpack
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Unpack) -> Iterator[Found]:
    """Report `y, _ = module.apply(..., mutable=["batch_stats"])` in a loop."""
    if len(event.targets) != 2 or not isinstance(event.node, ast.Assign):
        return
    call, second = event.node.value, event.targets[1]
    if not isinstance(call, ast.Call) or getattr(call.func, "attr", "") != "apply":
        return
    is_step = event.frame.in_loop and not is_test_file(event.lint)
    if not isinstance(second, ast.Name) or not is_step:
        return
    asked = [k.value for k in call.keywords if k.arg == "mutable"]
    words = {p.value for a in asked for p in ast.walk(a) if isinstance(p, ast.Constant)}
    is_unread = second.id == "_" or second.id not in event.lint.facts.read
    if "batch_stats" in words and is_unread:
        yield Found(
            event.node,
            f"The new batch_stats go to `{second.id}`, and nobody reads them: the averages stay at"
            " their start. Carry them on.",
        )


RULE = Rule(
    "FLX121",
    "statistics-dropped",
    "warning",
    ((Unpack, check),),
    confirm="none",
    page=__doc__ or "",
)
