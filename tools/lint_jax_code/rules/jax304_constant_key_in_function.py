"""Staged code draws from a key with a constant seed.

## Why is this bad?
Every call of the compiled function draws the same numbers.

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
    if not is_staged(event) or key.op != "jax.random.key" or key.node is None:
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


RULE = Rule(
    "JAX304",
    "constant-key-in-function",
    "warning",
    ((Consume, check),),
    confirm="none",
    page=__doc__ or "",
)
