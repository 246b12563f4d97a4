"""Code that runs many times draws from a key with a constant seed.

## Why is this bad?
Every call draws the same numbers: of a compiled function, and of one that a loop calls.

## Use instead
A key as an argument.
"""

import re
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_staged
from jax_workbench.tools.lint_jax_code.engine.events import Consume
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

INITIAL = re.compile(r"init|main|test|demo|example|probe|build|make", re.IGNORECASE)


def check(event: Consume) -> Iterator[Found]:
    """Report keys made of a literal in the staged function that uses them."""
    key = event.key
    if key.op != "jax.random.key" or key.node is None:
        return
    if not is_staged(event):
        yield from repeated(event)
        return
    scope = event.frame.root
    while scope.caller is not None and scope.caller.staged > 0:
        scope = scope.caller.root
    name = scope.function.name if scope.function is not None else ""
    is_constant = bool(key.args) and key.args[0].is_number and key.args[0].op != "passed"
    if is_constant and key.serial > scope.entered and not INITIAL.search(name):
        yield Found(
            key.node,
            "The seed is a constant of the compiled function: every call draws the same numbers."
            " Take the key as an argument.",
        )


def repeated(event: Consume) -> Iterator[Found]:
    """Keys made of a literal in a plain function that a loop of this file calls."""
    key, scope = event.key, event.frame.root
    name = scope.function.name if scope.function is not None else ""
    is_constant = bool(key.args) and key.args[0].is_number and key.args[0].op != "passed"
    is_own = scope.entered >= 0 and key.serial > scope.entered
    if not is_constant or not is_own or scope.in_loop or key.node is None:
        return
    if scope.caller is not None and scope.caller.in_loop and not INITIAL.search(name):
        yield Found(
            key.node,
            f"`{name}` is called in a loop and starts from the same seed each time: every call"
            " draws the same numbers. Take the key as an argument.",
        )


RULE = Rule(
    "JAX304",
    "constant-key-in-function",
    "warning",
    ((Consume, check),),
    confirm="none",
    page=__doc__ or "",
)
