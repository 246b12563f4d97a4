"""The result of `train()` or `eval()` is taken for the module.

## Why is this bad?
Both change the module in place and give None.

## Use instead
`model.eval()` as a statement.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, replaced, shown
from jax_workbench.tools.lint_jax_code.engine.events import Bind, Call, Event, StoreAttribute
from jax_workbench.tools.lint_jax_code.engine.nnx import MODES, is_module
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value


def check(event: Bind | StoreAttribute) -> Iterator[Found]:
    """Report `model = model.eval()`."""
    yield from found(event, event.value)


def check_call(event: Call) -> Iterator[Found]:
    """Report `model.eval()(x)` and `predict(model.eval(), x)`."""
    for value in (event.callee, *event.args, *event.kwargs.values()):
        yield from found(event, value)


def found(event: Event, value: Value) -> Iterator[Found]:
    """The finding at the call that gives None."""
    call = value.node
    if not is_mode_set(value) or not isinstance(call, ast.Call) or is_guarded(event):
        return
    fix = None
    if is_assigned_back(event.node, call):
        text = event.lint.text(call)
        fix = Fix("safe", "Drop the assignment", (replaced(event.lint, event.node, text),))
    yield Found(
        call,
        f"`{shown(event.lint, call)}` changes the module and returns None, and its result is"
        " used. Write it as a statement, and go on with the module.",
        fix=fix,
    )


def is_mode_set(value: Value) -> bool:
    """Whether it is what train() or eval() of a module gave."""
    is_one = value.op in {f".{mode}()" for mode in MODES}
    return is_one and value.parent is not None and is_module(value.parent)


def is_assigned_back(statement: ast.AST, call: ast.Call) -> bool:
    """Whether it is `model = model.eval()`."""
    match statement:
        case ast.Assign(targets=[target], value=ast.Call(func=ast.Attribute(value=owner)) as value):
            return value is call and ast.unparse(target) == ast.unparse(owner)
        case _:
            return False


RULE = Rule(
    "NNX121",
    "mode-gives-nothing",
    "error",
    ((Bind, check), (StoreAttribute, check), (Call, check_call)),
    confirm="run",
    page=__doc__ or "",
)
