"""An array grows in a Python loop.

## Why is this bad?
Each turn has a new shape, so each operation is compiled again, and everything is copied.

## Use instead
A list and one jnp.stack at the end; a preallocated array and .at; or lax.scan.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_test_file
from jax_workbench.tools.lint_jax_code.engine.events import Bind
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import STAGED

GROWING = frozenset(
    (
        "jax.numpy.concatenate",
        "jax.numpy.append",
        "jax.numpy.vstack",
        "jax.numpy.hstack",
        "jax.numpy.column_stack",
        "jax.numpy.dstack",
        "jax.numpy.pad",
    )
)
AXIS_PLACES = {"jax.numpy.concatenate": 1, "jax.numpy.append": 2}
FEW = 3


def check(event: Bind) -> Iterator[Found]:
    """Report names rebound to themselves and more."""
    node = event.node
    if not event.frame.in_loop or event.value.op not in GROWING or event.frame.is_comprehension:
        return
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
        return
    loop = event.frame.loops[-1] if event.frame.loops else None
    if isinstance(loop, ast.For) and is_along_each_axis(loop, node.value, event.value.op):
        return
    if (isinstance(loop, ast.For) and is_short(loop.iter)) or event.value.node is not node.value:
        return
    names = {n.id for a in node.value.args for n in ast.walk(a) if isinstance(n, ast.Name)}
    if event.name in names and not is_test_file(event.lint):
        yield Found(
            node,
            f"`{event.name}` gets a new shape in every turn: every operation on it is compiled"
            " again. Collect in a list and stack once.",
            severity="info" if event.staged == STAGED else None,
        )


def is_along_each_axis(loop: ast.For, call: ast.Call, name: str) -> bool:
    """Whether each turn has its own axis: there are as many turns as axes, and no one stack."""
    turns = {n.id for n in ast.walk(loop.target) if isinstance(n, ast.Name)}
    place = AXIS_PLACES.get(name, len(call.args))
    axes = [k.value for k in call.keywords if k.arg == "axis"] or call.args[place : place + 1]
    return any(isinstance(n, ast.Name) and n.id in turns for axis in axes for n in ast.walk(axis))


def is_short(source: ast.expr) -> bool:
    """Whether the loop has few turns."""
    match source:
        case ast.Call(args=[ast.Constant(value=int(n))]):
            return n <= FEW
        case ast.List(elts=elts) | ast.Tuple(elts=elts):
            return len(elts) <= FEW
        case _:
            return False


RULE = Rule(
    "JAX506",
    "growing-shape-in-loop",
    "warning",
    ((Bind, check),),
    confirm="compiles",
    page=__doc__ or "",
)
