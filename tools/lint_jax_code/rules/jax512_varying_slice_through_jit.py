"""A jitted function is called in a loop with a slice of another length each time.

## Why is this bad?
Each length is compiled anew.

## Use instead
The whole array and a mask, or padding to a few lengths.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import shown
from jax_workbench.tools.lint_jax_code.engine.events import CallTransformed
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: CallTransformed) -> Iterator[Found]:
    """Report slices whose bound is the loop's variable."""
    frame = event.frame
    if event.transform.name != "jit" or not (frame.in_loop or frame.is_comprehension):
        return
    turns = turning(event)
    for node in event.nodes:
        bounds = bounds_of(node)
        is_window = len(bounds) > 1 and all(names & turns for names in bounds)
        if not is_window and any(names & turns for names in bounds):
            yield Found(
                node,
                f"`{shown(event.lint, node)}` has another length in every turn: the function is"
                " compiled for each. Pass the whole array and a mask.",
            )
            return


def turning(event: CallTransformed) -> set[str]:
    """Names that the loops around bind."""
    found: set[str] = set()
    for loop in event.frame.root.loops:
        if isinstance(loop, ast.For):
            found |= {n.id for n in ast.walk(loop.target) if isinstance(n, ast.Name)}
    frame = event.frame
    while frame.is_comprehension and frame.outer is not None:
        found |= {*frame.names}
        frame = frame.outer
    return found


def bounds_of(node: ast.expr) -> list[set[str]]:
    """The names in each bound of a slice that is written as the argument."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Slice):
        return []
    bounds = [bound for bound in (node.slice.lower, node.slice.upper) if bound is not None]
    return [{n.id for n in ast.walk(b) if isinstance(n, ast.Name)} for b in bounds]


RULE = Rule(
    "JAX512",
    "varying-slice-through-jit",
    "warning",
    ((CallTransformed, check),),
    confirm="compiles",
    page=__doc__ or "",
)
