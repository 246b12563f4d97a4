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

BATCH = re.compile(r"^(batch|idx|index|indices|ind|minibatch|batch_\w+)$")


def check(event: Call) -> Iterator[Found]:
    """Report observations indexed by a parameter of the model."""
    function = event.frame.root.function
    node = event.argument_node(2, "obs")
    if event.name != "numpyro.sample" or function is None or not isinstance(node, ast.Subscript):
        return
    if event.lint.facts.mentions("plate", "MCMC"):
        return
    index = node.slice
    if isinstance(index, ast.Name) and index.id in function.all_names and BATCH.match(index.id):
        yield Found(
            event.node,
            f"The site observes a minibatch (`{shown(event.lint, node)}`) and no plate says how"
            " many rows there are: the prior weighs too much.",
        )


RULE = Rule(
    "NPR105",
    "minibatch-without-plate",
    "warning",
    ((Call, check),),
    confirm="none",
    calls=("numpyro.sample",),
    page=__doc__ or "",
)
