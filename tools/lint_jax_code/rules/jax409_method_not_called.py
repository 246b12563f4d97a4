"""A method is named as a statement and not called.

## Why is this bad?
Nothing happens: the work is not waited for, the mode is not changed.

## Use instead
The parentheses: `x.block_until_ready()`, `model.eval()`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_test_file, shown
from jax_workbench.tools.lint_jax_code.engine.events import Discard
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

METHODS = frozenset(
    (
        *("block_until_ready", "eval", "train", "wait_until_finished", "close", "update"),
        *("run", "print_summary", "save", "restore", "warmup", "reset", "effects_barrier"),
    )
)


def check(event: Discard) -> Iterator[Found]:
    """Report attributes as statements that are known to be methods."""
    node = event.node.value
    if not isinstance(node, ast.Attribute) or event.is_last or is_test_file(event.lint):
        return
    if event.value.kind == "function" or (event.value.kind != "static" and node.attr in METHODS):
        yield Found(
            node,
            f"`{shown(event.lint, node)}` names a method and does not call it: nothing happens."
            " Add ().",
        )


RULE = Rule(
    "JAX409",
    "method-not-called",
    "error",
    ((Discard, check),),
    confirm="none",
    page=__doc__ or "",
)
