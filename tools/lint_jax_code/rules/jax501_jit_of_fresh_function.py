"""A fresh function is jitted in a loop or at every call.

## Why is this bad?
The cache of compiled programs is keyed by the function object: a new lambda, partial, bound
method or transformed function is compiled again each time.

## Use instead
Jit once, at module level or before the loop.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_test_file
from jax_workbench.tools.lint_jax_code.engine.events import CallTransformed, Transformed
from jax_workbench.tools.lint_jax_code.engine.frames import Frame
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value


def check(event: Transformed) -> Iterator[Found]:
    """Remember where each jit of a fresh function was made."""
    transform = event.transform
    if transform.name == "jit" and is_fresh(transform.inner):
        made = event.lint.scratch.setdefault("JAX501", {})
        made[id(transform)] = (transform, event.frame.root, tuple(event.frame.loops))
    return iter(())


def is_fresh(inner: Value) -> bool:
    """Whether the function is a new object each time the line runs."""
    if inner.kind == "function" and inner.function is not None:
        function = inner.function
        is_local = function.frame.outer is not None or isinstance(function.node, ast.Lambda)
        is_local = is_local or function.in_loop
        return is_local or inner.op == "functools.partial"
    return inner.kind == "transformed" or inner.op == "functools.partial"


def check_call(event: CallTransformed) -> Iterator[Found]:
    """Report those that are made and called in one turn of a loop, or at one line of a call."""
    entry = event.lint.scratch.get("JAX501", {}).get(id(event.transform))
    if entry is None or event.staged or is_test_file(event.lint):
        return
    transform, root, loops = entry
    if root is not event.frame.root:
        return
    in_one_turn = bool(loops) and tuple(event.frame.loops) == loops
    is_at_once = event.node.func is transform.node or transform.is_decorator
    if in_one_turn or (is_at_once and is_called_in_loop(event.frame)):
        yield Found(
            transform.node,
            "jit gets a new function object each time this runs, and compiles each time. Jit it"
            " once, outside.",
        )


def is_called_in_loop(frame: Frame) -> bool:
    """Whether a function above was called in a loop."""
    scope = frame.root.caller
    while scope is not None:
        if scope.in_loop:
            return True
        scope = scope.root.caller
    return False


RULE = Rule(
    "JAX501",
    "jit-of-fresh-function",
    "warning",
    (
        (Transformed, check),
        (CallTransformed, check_call),
    ),
    confirm="compiles",
    page=__doc__ or "",
)
