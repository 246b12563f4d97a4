"""A scale is drawn from a distribution over the whole line.

## Why is this bad?
Negative draws are outside of the support: the log density is nan or -inf, and the sampler is
stuck.

## Use instead
HalfNormal, HalfCauchy, LogNormal, Exponential or Gamma.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import shown
from jax_workbench.tools.lint_jax_code.engine.distributions import PACKAGE, positive_arguments
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

REAL = frozenset(("Normal", "Cauchy", "Laplace", "Logistic", "Gumbel", "StudentT"))
PREFIX = "numpyro.distributions."


def check(event: Call) -> Iterator[Found]:
    """Report unbounded sites in the places of positive parameters."""
    for value, node, name in positive_arguments(event):
        if value.op != "numpyro.sample" or len(value.args) < 2:
            continue
        prior = value.args[1].constructor
        if prior.startswith(PREFIX) and prior.removeprefix(PREFIX) in REAL:
            related = ((value.node, "drawn here"),) if value.node is not None else ()
            yield Found(
                node,
                f"{name} must be positive, and `{shown(event.lint, node)}` is drawn from"
                f" {prior.removeprefix(PREFIX)} over the whole line. Use a positive prior.",
                related=related,
            )


RULE = Rule(
    "NPR103",
    "unconstrained-scale",
    "warning",
    ((Call, check),),
    confirm="none",
    calls=(PACKAGE,),
    page=__doc__ or "",
)
