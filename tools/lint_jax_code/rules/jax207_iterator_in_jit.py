"""An iterator from outside is advanced in staged code.

## Why is this bad?
The body runs once, at tracing: the element taken then is a constant of the compiled program.

## Use instead
Pass the element as an argument.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_staged, outlives, shown
from jax_workbench.tools.lint_jax_code.engine.events import Call, Event, Iterate
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

ONE_WAY = frozenset(
    (
        "builtins.iter",
        "builtins.map",
        "builtins.zip",
        "comprehension",
        "builtins.filter",
        "builtins.enumerate",
        "generator",
    )
)


def is_outer_iterator(event: Event, value: Value) -> bool:
    """Whether it is an iterator made before the staged function was entered."""
    made = value.kind == "iterator" and value.op in ONE_WAY
    made = made or value.op.startswith("itertools.")
    return made and is_staged(event) and outlives(event, value)


def check(event: Call) -> Iterator[Found]:
    """Report next()."""
    if event.name == "builtins.next" and event.args and is_outer_iterator(event, event.args[0]):
        yield found(event, event.node)


def check_loop(event: Iterate) -> Iterator[Found]:
    """Report loops."""
    if is_outer_iterator(event, event.value):
        yield found(event, event.source)


def found(event: Event, node: ast.AST) -> Found:
    """The finding, in words."""
    return Found(
        node,
        f"`{shown(event.lint, node)}` advances an iterator once, at tracing; what it gave is"
        " compiled in. Pass the element as an argument.",
    )


RULE = Rule(
    "JAX207",
    "iterator-in-jit",
    "error",
    (
        (Call, check),
        (Iterate, check_loop),
    ),
    confirm="none",
    calls=("builtins.next",),
    page=__doc__ or "",
)
