"""The updates of an optax optimiser are subtracted.

## Why is this bad?
Updates carry the minus sign already: subtracting them climbs the loss.

## Use instead
`params = optax.apply_updates(params, updates)`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Binary, Call, Event
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

TREE_MAPS = frozenset(("jax.tree.map", "jax.tree_util.tree_map"))
SAID = (
    "The updates are subtracted, and they carry the minus sign already: the loss grows. Write"
    " optax.apply_updates(params, updates)."
)


def check(event: Call) -> Iterator[Found]:
    """Report `jax.tree.map(lambda p, u: p - u, params, updates)`."""
    if event.name not in TREE_MAPS or len(event.args) != 3 or not event.node.args:
        return
    function = event.node.args[0]
    if not isinstance(function, ast.Lambda) or not is_update(event.args[2]):
        return
    names, body = [a.arg for a in function.args.args], function.body
    if not isinstance(body, ast.BinOp) or not isinstance(body.op, ast.Sub):
        return
    if len(names) == 2 and name_of(body.right) == names[1]:
        yield found(event)


def check_operation(event: Binary) -> Iterator[Found]:
    """Report `params - updates`."""
    if isinstance(event.operator, ast.Sub) and is_update(event.right):
        yield found(event)


def found(event: Event) -> Found:
    """The finding; optimisers that are built of others subtract on purpose."""
    return Found(event.node, SAID, severity="info" if event.lint.profile == "library" else None)


def name_of(node: ast.expr) -> str:
    """The name that an expression is; empty for anything else."""
    return node.id if isinstance(node, ast.Name) else ""


def is_update(value: Value) -> bool:
    """Whether it is the first result of an optimiser's update."""
    if value.op != "part" or not value.args or value.args[1].const != 0:
        return False
    made = value.args[0]
    owner = made.parent
    return made.op == ".update()" and owner is not None and owner.constructor.startswith("optax.")


RULE = Rule(
    "OPX109",
    "updates-subtracted",
    "error",
    ((Call, check), (Binary, check_operation)),
    confirm="none",
    calls=(*TREE_MAPS,),
    page=__doc__ or "",
)
