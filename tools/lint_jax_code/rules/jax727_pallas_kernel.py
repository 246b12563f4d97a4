"""A Pallas kernel uses its references as arrays, or returns its result.

## Why is this bad?
A kernel reads with `x_ref[...]`, writes to `o_ref[...]` and returns nothing; BlockSpec takes the
shape first: TypeError or ValueError.

## Use instead
`o_ref[...] = x_ref[...] + y_ref[...]`; `pl.BlockSpec((8, 128), lambda i: (i, 0))`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.stacks import innermost

CALL = "jax.experimental.pallas.pallas_call"
SPEC = "jax.experimental.pallas.BlockSpec"


def check(event: Call) -> Iterator[Found]:
    """Report kernels of this file that return something or compute with a reference."""
    if is_guarded(event):
        return
    if event.name == SPEC:
        shape, index = event.argument(0, "block_shape"), event.argument(1, "index_map")
        is_swapped = shape is not None and shape.kind == "function"
        if is_swapped or (index is not None and index.kind in {"tuple", "list"}):
            yield Found(
                event.node, "BlockSpec takes the shape first, then the index map: TypeError."
            )
        return
    function, _ = innermost(event.args[0]) if event.args else (None, [])
    if event.name != CALL or function is None:
        return
    names = {p.arg for p in function.parameters}
    body = function.node.body if isinstance(function.node.body, list) else []
    for part in own_nodes(body):
        if isinstance(part, ast.Return) and part.value is not None and not is_none(part.value):
            yield Found(
                part, "A kernel returns nothing: ValueError. Write the result to the output's ref."
            )
            return
        used = next((n for n in operands(part) if isinstance(n, ast.Name) and n.id in names), None)
        if used is not None:
            yield Found(
                used,
                f"`{used.id}` is a reference, and arithmetic needs its values: TypeError. Write"
                f" {used.id}[...].",
            )
            return


def own_nodes(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """What stands in a kernel, functions inside it left out."""
    waiting: list[ast.AST] = [*body]
    while waiting:
        node = waiting.pop(0)
        if not isinstance(node, ast.FunctionDef | ast.Lambda):
            yield node
            waiting.extend(ast.iter_child_nodes(node))


def is_none(node: ast.expr) -> bool:
    """Whether it is written as None."""
    return isinstance(node, ast.Constant) and node.value is None


def operands(node: ast.AST) -> list[ast.expr]:
    """What arithmetic or a function of jnp is applied to."""
    match node:
        case ast.BinOp(left=left, right=right):
            return [left, right]
        case ast.UnaryOp(operand=operand):
            return [operand]
        case ast.Call(func=ast.Attribute(value=ast.Name(id="jnp")), args=args):
            return args
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="numpy")), args=args):
            return args
        case _:
            return []


RULE = Rule(
    "JAX727",
    "pallas-kernel",
    "error",
    ((Call, check),),
    confirm="trace",
    calls=("jax.experimental.pallas.",),
    page=__doc__ or "",
)
