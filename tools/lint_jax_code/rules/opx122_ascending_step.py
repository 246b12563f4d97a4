"""The gradient of a loss is added to the parameters.

## Why is this bad?
The step goes uphill: the loss grows.

## Use instead
`p - rate * g`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Binary, Call, Event
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

FALLING = ("loss", "nll", "error", "cost", "mse")


def check(event: Binary) -> Iterator[Found]:
    """Report `params + rate * gradient`."""
    if not isinstance(event.operator, ast.Add) or is_guarded(event):
        return
    step = event.right
    if step.op == "Mult" and len(step.args) == 2:
        if any(a.is_number and a.const < 0 for a in step.args):
            return
        step = next((a for a in step.args if a.op == "gradient"), step)
    if step.op == "gradient" and event.left.op != "gradient":
        yield from uphill(event, step)


def check_map(event: Call) -> Iterator[Found]:
    """Report `tree.map(lambda p, g: p + rate * g, params, gradients)`."""
    if event.name != "jax.tree.map" or len(event.args) != 3:
        return
    function = event.node.args[0]
    if not isinstance(function, ast.Lambda) or event.args[2].op != "gradient":
        return
    names = [a.arg for a in function.args.args]
    match function.body:
        case ast.BinOp(
            left=ast.Name(id=left), op=ast.Add(), right=ast.BinOp(op=ast.Mult()) as step
        ) if len(names) == 2 and left == names[0]:
            read = {p.id for p in ast.walk(step) if isinstance(p, ast.Name)}
            if names[1] in read and not any(isinstance(p, ast.USub) for p in ast.walk(step)):
                yield from uphill(event, event.args[2])
        case _:
            return


def uphill(event: Event, gradient: Value) -> Iterator[Found]:
    """The finding, where what was differentiated is called a loss."""
    source = gradient.attributes.get("of")
    name = source.function.name.lower() if source is not None and source.function else ""
    if any(word in name for word in FALLING):
        yield Found(
            event.node,
            f"The gradient of `{name}` is added: the step goes uphill, and the loss grows."
            " Subtract it.",
        )


RULE = Rule(
    "OPX122",
    "ascending-step",
    "warning",
    ((Binary, check), (Call, check_map)),
    confirm="none",
    page=__doc__ or "",
)
