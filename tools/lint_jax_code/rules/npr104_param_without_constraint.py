"""A param that must be positive has no constraint.

## Why is this bad?
The optimiser moves it over the whole line: negative scales give nan.

## Use instead
`constraint=dist.constraints.positive`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.distributions import PACKAGE, positive_arguments
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report unconstrained params in the places of positive parameters."""
    for value, node, name in positive_arguments(event):
        if value.op == "numpyro.param" and "constraint" not in value.kwargs:
            place = value.node or node
            yield Found(
                place,
                f"This param is used as a {name}, which must be positive, and has no constraint."
                " Give constraint=dist.constraints.positive.",
                related=((node, "used here"),),
            )


RULE = Rule(
    "NPR104",
    "param-without-constraint",
    "warning",
    ((Call, check),),
    confirm="none",
    calls=(PACKAGE,),
    page=__doc__ or "",
)
