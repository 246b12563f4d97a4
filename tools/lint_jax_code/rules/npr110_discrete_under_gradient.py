"""NUTS or HMC over a site that counts.

## Why is this bad?
A gradient needs continuous sites. Those with finitely many values are summed out; counts without an
upper end can't be: an error at the start.

## Use instead
`DiscreteHMCGibbs` around the sampler, a continuous site, or the marginal likelihood written out.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.inference import sampler_around
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

COUNTS = frozenset(
    (
        "Poisson",
        "Geometric",
        "NegativeBinomial",
        "NegativeBinomial2",
        "NegativeBinomialLogits",
        "NegativeBinomialProbs",
        "GammaPoisson",
        "ZeroInflatedPoisson",
        "ZeroInflatedNegativeBinomial2",
    )
)


def check(event: Call) -> Iterator[Found]:
    """Report latent counts in a model that a gradient sampler runs."""
    if event.name != "numpyro.sample":
        return
    observed, drawn = event.argument(2, "obs"), event.argument(1, "fn")
    is_latent = observed is None or (observed.has_const and observed.const is None)
    if drawn is None or not is_latent or drawn.op.rpartition(".")[2] not in COUNTS:
        return
    sampler = sampler_around(event)
    if sampler and not event.lint.facts.mentions("DiscreteHMCGibbs", "MixedHMC"):
        yield Found(
            event.node,
            f"{sampler} needs continuous sites, and {drawn.op.rpartition('.')[2]} counts without an"
            " upper end, so it can't be summed out. Put DiscreteHMCGibbs around the sampler.",
        )


RULE = Rule(
    "NPR110",
    "discrete-under-gradient",
    "error",
    ((Call, check),),
    confirm="run",
    calls=("numpyro.sample",),
    page=__doc__ or "",
)
