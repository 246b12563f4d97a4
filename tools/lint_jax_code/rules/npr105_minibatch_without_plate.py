"""A site observes a minibatch without a plate.

## Why is this bad?
The likelihood of the batch is not scaled up to all data: the prior weighs too much.

## Use instead
`with numpyro.plate("rows", n, subsample_size=m) as batch:`.
"""

import ast
import re
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import shown
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

TOTAL = re.compile(r"^(n|num|total|full|dataset|data)_?(total|data|rows|obs|full|size|all)?$")
BATCH = re.compile(r"^(batch|idx|index|indices|ind|minibatch|batch_\w+)$")


def check(event: Call) -> Iterator[Found]:
    """Report observations indexed by a parameter of the model."""
    function = event.frame.root.function
    node = event.argument_node(2, "obs")
    if event.name != "numpyro.sample" or function is None or not isinstance(node, ast.Subscript):
        return
    around = (value.op for value, _ in event.frame.root.contexts)
    if event.lint.facts.mentions("MCMC") or "numpyro.plate" in around:
        return
    index = node.slice
    if isinstance(index, ast.Name) and index.id in function.all_names and BATCH.match(index.id):
        yield Found(
            event.node,
            f"The site observes a minibatch (`{shown(event.lint, node)}`) and no plate says how"
            " many rows there are: the prior weighs too much.",
        )


def check_plate(event: Call) -> Iterator[Found]:
    """Report plates of the batch's size beside a total that the model never reads."""
    function = event.frame.root.function
    size = event.argument_node(1, "size")
    if event.name != "numpyro.plate" or function is None or size is None:
        return
    if "subsample_size" in event.kwargs or len(event.args) > 2:
        return
    body = ast.unparse(function.node).partition(":\n")[2]
    unread = [n for n in function.all_names if TOTAL.match(n) and not re.search(rf"\b{n}\b", body)]
    names = {n.id for n in ast.walk(size) if isinstance(n, ast.Name)} & {*function.all_names}
    if unread and names and not isinstance(size, ast.Name):
        yield Found(
            event.node,
            f"The plate has as many rows as the batch, and `{unread[0]}` is not used: the prior"
            f" weighs too much. Write plate(name, {unread[0]}, subsample_size=...).",
        )


RULE = Rule(
    "NPR105",
    "minibatch-without-plate",
    "warning",
    ((Call, check), (Call, check_plate)),
    confirm="none",
    calls=("numpyro.sample", "numpyro.plate"),
    page=__doc__ or "",
)
