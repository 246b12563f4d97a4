"""A finite difference has a step below the resolution of float32.

## Why is this bad?
`x + h` is x, and the difference is zero or noise.

## Use instead
`jax.grad`; a step near 1e-3 in float32; 64 bits.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Binary
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

SMALLEST = 1e-5


def check(event: Binary) -> Iterator[Found]:
    """Report `(f(x + h) - f(x)) / h` with a tiny h."""
    if not isinstance(event.operator, ast.Div) or event.lint.facts.enables_x64:
        return
    step = event.right
    if step.op == "Mult" and len(step.args) == 2:
        step = next((a for a in step.args if a.is_number and 0 < a.const < 1), step)
    if not step.is_number or not 0 < step.const < SMALLEST:
        return
    difference = event.left
    node = event.node.left if isinstance(event.node, ast.BinOp) else None
    is_difference = difference.op == "Sub" or (
        isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub)
    )
    both = [node.left, node.right] if isinstance(node, ast.BinOp) else []
    if is_difference and all(isinstance(part, ast.Call) for part in both):
        yield Found(
            event.node,
            f"The step {step.const:g} is below what float32 resolves near 1: the difference is zero"
            " or noise. Use jax.grad.",
        )


RULE = Rule(
    "JAX616",
    "step-below-resolution",
    "warning",
    ((Binary, check),),
    confirm="none",
    page=__doc__ or "",
)
