"""A pmapped update uses gradients that are not averaged.

## Why is this bad?
Each device follows its own gradient: the copies of the parameters drift apart, silently.

## Use instead
`jax.lax.pmean(grads, axis_name)`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Transformed
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.stacks import innermost

REDUCING = ("pmean", "psum", "all_gather", "psum_scatter")
GRADIENTS = frozenset(("grad", "value_and_grad"))


def check(event: Transformed) -> Iterator[Found]:
    """Report gradients under a pmap with a no collective in the file."""
    if event.transform.name not in GRADIENTS or event.lint.facts.mentions(*REDUCING):
        return
    scope = event.frame.root
    nodes = {
        function.node
        for transform in event.lint.transforms
        if transform.name == "pmap" and (function := innermost(transform.inner)[0]) is not None
    }
    if scope.function is not None and scope.function.node in nodes:
        yield Found(
            event.transform.node,
            "Each device has its own gradient here, and no pmean makes them one: the parameters"
            " drift apart.",
        )


RULE = Rule(
    "JAX713",
    "pmap-without-collective",
    "warning",
    ((Transformed, check),),
    confirm="none",
    page=__doc__ or "",
)
