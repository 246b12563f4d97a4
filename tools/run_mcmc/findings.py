"""What is wrong with a model, its data or its draws, and the repair. Runs in the worker."""

from dataclasses import dataclass
from typing import Literal

from jax_workbench.tools.run_mcmc import Reason

type Severity = Literal["refused", "warn", "note"]
"""A note stands beside the verdict and becomes a reason only where something else is wrong."""

FIXES: dict[str, str] = {
    "single_chain": "Use num_chains=4: one chain cannot show whether chains agree.",
    "nan_log_prob": "Keep the arguments in the domain: a positive prior, or jnp.where on a safe "
    "value.",
    "plate": "Use one plate per independent axis, dim=-1 for the last; its size is the data's.",
    "prior_data_conflict": "Check the units of the data and widen or move the prior of this site.",
    "extreme_scale": "Rescale the data and parameters to about 1, or give the site a prior in its "
    "units.",
    "float32": "Call with x64=true.",
    "broadcast_likelihood": "Make both shapes equal: jnp.squeeze(mu, -1) or y[:, None].",
    "missing_obs": "Pass the data: numpyro.sample(name, distribution, obs=y).",
    "discrete_latent": "Sum it out with jax.scipy.special.logsumexp over its values, or use "
    'method="mixed".',
    "nan_in_data": "Drop these rows, or model them as missing.",
    "obs_outside_support": "Use a distribution whose support holds the data, or mend these rows.",
    "invalid_parameter": "Give the argument a value in its domain: a scale from LogNormal or "
    "HalfNormal, or jnp.exp of a real site.",
    "init_failed": "Make the log density finite near the starts (each site within about +-2 in "
    'unconstrained space), or use init="prior".',
    "model_raised": "Mend this line; run the model once under numpyro.handlers.seed to see it.",
    "duplicate_site": "Give each numpyro.sample and plate its own name (f-strings in loops).",
    "high_rhat": "Chains disagree: run longer, or reparameterise; do not use these numbers.",
    "low_ess": "Raise num_samples, or reparameterise what is correlated.",
    "divergences": "Reparameterise the site (non-centred); target_accept=0.95 alone rarely helps.",
    "max_treedepth": "Standardise the predictors, or reparameterise correlated sites.",
    "low_ebfmi": "Reparameterise scales and heavy tails: the sampler cannot move between energies.",
    "multimodal": "Break the symmetry, or report the modes apart; chains do not weigh them.",
    "label_switching": "Order the components: dist.TransformedDistribution with "
    "OrderedTransform, or sort them by an ordered vector.",
    "unidentified": "Only a combination is determined: drop one of them, or give informative "
    "priors.",
    "improper": "Put a proper prior on the site: dist.Normal(0, scale) in its units.",
    "support_boundary": "Widen the prior's bounds, or use a soft prior: the data push against it.",
    "heavy_tail": "Report quantiles; use a lighter-tailed prior if a mean is needed.",
    "predictor_scale": "Centre and scale it: x = (x - x.mean()) / x.std().",
    "reparameterise": "Use numpyro.handlers.reparam(model, config={site: LocScaleReparam(0)}).",
}


SYMPTOMS = frozenset(("high_rhat", "low_ess", "divergences", "low_ebfmi", "max_treedepth"))
"""Codes that show that something is wrong, but not what; causes stand before them."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and how bad that is."""

    code: str
    severity: Severity
    evidence: str
    site: str | None = None
    fix: str = ""

    def reason(self) -> Reason:
        """As the answer shows it."""
        return Reason(
            code=self.code,
            site=self.site,
            evidence=self.evidence,
            fix=self.fix or FIXES[self.code],
        )


def is_symptom(finding: Finding) -> bool:
    """Whether it shows that something is wrong, but not what."""
    return finding.code in SYMPTOMS


def at_line(line: int | None) -> str:
    """Where in the model's text, for the end of a sentence."""
    return f" (line {line})" if line else ""
