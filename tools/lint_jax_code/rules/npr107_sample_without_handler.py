"""A NumPyro model is called as a plain function.

## Why is this bad?
Without a handler `sample` has no key: AssertionError.

## Use instead
`numpyro.handlers.seed(model, key)(...)`, `Predictive`, or an inference.
"""

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.frames import Frame
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

HANDLERS = "numpyro.handlers."


def check(event: Call) -> Iterator[Found]:
    """Report samples that a call at the module level leads to with nothing around."""
    if event.name != "numpyro.sample" or "rng_key" in event.kwargs or is_guarded(event):
        return
    observed = event.argument(2, "obs")
    if observed is not None and not (observed.has_const and observed.const is None):
        return
    scope: Frame | None = event.frame.root
    outermost: ast.AST | None = None
    while scope is not None:
        if any(v.op.startswith(HANDLERS) or v.kind == "unknown" for v, _ in scope.contexts):
            return
        if scope.function is None:
            break
        if scope.call is None or scope.staged:
            return
        outermost, scope = scope.call, scope.caller.root if scope.caller is not None else None
    if scope is not None and isinstance(outermost, ast.Call):
        yield Found(
            outermost,
            "The model is called with no handler around: sample has no key, AssertionError. Seed"
            " it: numpyro.handlers.seed(model, key)(...).",
            related=((event.node, "sampled here"),),
        )


RULE = Rule(
    "NPR107",
    "sample-without-handler",
    "error",
    ((Call, check),),
    confirm="run",
    calls=("numpyro.sample",),
    page=__doc__ or "",
)
