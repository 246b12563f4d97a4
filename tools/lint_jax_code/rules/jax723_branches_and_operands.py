"""A branch or body does not take what control flow hands to it.

## Why is this bad?
cond and switch call each branch with all operands, switch takes one list of branches, loops take
functions: TypeError. A branch index outside the list is clamped, silently.

## Use instead
`lax.cond(p, f, g, *operands)` with f and g of as many parameters; `lax.switch(i, [f, g], x)`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, shown
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

BODIES = {
    "jax.lax.fori_loop": ((2, "body_fun"),),
    "jax.lax.while_loop": ((0, "cond_fun"), (1, "body_fun")),
    "jax.lax.scan": ((0, "f"),),
    "jax.lax.cond": ((1, "true_fun"), (2, "false_fun")),
}
CALLABLE = frozenset(("function", "transformed", "name"))
NOT_CALLABLE = frozenset(("array", "numpy", "list", "dict", "tuple"))


def check(event: Call) -> Iterator[Found]:
    """Report branches that take another number of operands, and values in a body's place."""
    if is_guarded(event) or event.has_star or event.has_double_star:
        return
    n_operands = len(event.args) - 3 + ("operand" in event.kwargs)
    # With five arguments it may be the old form, cond(p, operand, f, operand, g).
    places = () if event.name == "jax.lax.cond" and n_operands > 1 else BODIES.get(event.name, ())
    for place in places:
        node, value = event.argument_node(*place), event.argument(*place)
        if node is not None and value is not None and is_value(value, node):
            yield Found(
                node,
                f"`{shown(event.lint, node)}` stands in the place of {place[1]} and is no function:"
                " TypeError.",
            )
            return
    if event.name == "jax.lax.cond" and len(event.args) > 2:
        yield from misfits(event, event.args[1:3], n_operands)
    elif event.name == "jax.lax.switch" and len(event.args) > 1:
        yield from of_switch(event)


def is_value(value: Value, node: ast.expr) -> bool:
    """Whether it is proven to be no function; what a call gave is another rule's."""
    return not isinstance(node, ast.Call) and (value.kind in NOT_CALLABLE or value.is_number)


def of_switch(event: Call) -> Iterator[Found]:
    """Report branches that are no list, and an index that none has."""
    index, branches = event.args[0], event.args[1]
    if branches.kind in {"function", "name", "transformed"}:
        yield Found(
            event.node,
            "switch takes the branches as one list: TypeError. Write lax.switch(i, [f, g], x).",
        )
    elif branches.items is not None:
        n = len(branches.items)
        if isinstance(index.const, int) and not 0 <= index.const < n:
            yield Found(
                event.node,
                f"Branch {index.const} of {n} is asked for, and they count from 0: the index is"
                " clamped, and another branch runs.",
            )
        n_operands = len(event.args) - 2 + ("operand" in event.kwargs)
        yield from misfits(event, branches.items, n_operands)


def misfits(event: Call, branches: list[Value], n_operands: int) -> Iterator[Found]:
    """Report the first branch of this file that cannot take the operands."""
    if any(branch.kind not in CALLABLE for branch in branches):
        return  # the old form, cond(p, operand, f, operand, g), or nothing is known
    for branch in branches:
        function = branch.function if branch.kind == "function" else None
        if function is None or function.has_star or branch.op == "functools.partial":
            continue
        most, least = len(function.parameters), function.n_required
        if not least <= n_operands <= most:
            takes = f"{most}" if least == most else f"{least} to {most}"
            yield Found(
                event.node,
                f"A branch takes {takes} operands and gets {n_operands}: TypeError. Give each"
                " branch as many parameters as there are operands.",
                related=((function.node, "the branch"),),
            )
            return


RULE = Rule(
    "JAX723",
    "branches-and-operands",
    "error",
    ((Call, check),),
    confirm="trace",
    calls=("jax.lax.",),
    page=__doc__ or "",
)
