"""One eager run of the model: its sites, their values and their lines. Runs in the worker."""

import inspect
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import jax
import numpyro
from numpyro.handlers import seed, substitute, trace
from numpyro.primitives import Messenger

from jax_workbench.tools.run_mcmc.model_text import FILENAME
from jax_workbench.tools.run_mcmc.numpyro_functions import init_to_uniform

type Model = Callable[..., Any]
type Site = dict[str, Any]
"""NumPyro's record of one statement of the model."""


class LineNotes(Messenger):
    """Notes on which line of the user's text each site stands."""

    def __init__(self, fn: Model) -> None:
        """Watch `fn`."""
        super().__init__(fn)
        self.lines: dict[str, int] = {}

    def process_message(self, msg: Site) -> None:
        """Note the innermost line of the user's text on the way here."""
        frame = inspect.currentframe()
        while frame is not None and frame.f_code.co_filename != FILENAME:
            frame = frame.f_back
        if frame is not None and msg.get("name"):
            self.lines.setdefault(msg["name"], frame.f_lineno)


@dataclass(frozen=True)
class SiteTrace:
    """The sample and deterministic sites of one run."""

    sites: Mapping[str, Site]
    lines: Mapping[str, int]

    @property
    def latents(self) -> dict[str, Site]:
        """Sites that are sampled."""
        return {n: s for n, s in self.sites.items() if is_sample(s) and not s["is_observed"]}

    @property
    def observed(self) -> dict[str, Site]:
        """Sites with data; factors left out."""
        return {
            n: s
            for n, s in self.sites.items()
            if is_sample(s) and s["is_observed"] and not is_factor(s)
        }

    @property
    def has_factor(self) -> bool:
        """Whether numpyro.factor adds to the density."""
        return any(is_sample(s) and is_factor(s) for s in self.sites.values())


def run_once(model: Model, data: Mapping[str, Any], number: int = 0) -> SiteTrace:
    """Run the model eagerly, with latents from U(-2, 2) in unconstrained space.

    So flat priors work too. NumPyro's own checks are off: they name neither site nor value.
    Raises whatever the model raises.
    """
    noted = LineNotes(seed(model, jax.random.key(number)))
    filled = substitute(cast("Model", noted), substitute_fn=init_to_uniform)
    with warnings.catch_warnings(), numpyro.validation_enabled(False):
        warnings.simplefilter("ignore")
        sites = trace(filled).get_trace(**data)
    kept = {n: s for n, s in sites.items() if s["type"] in {"sample", "deterministic"}}
    return SiteTrace(kept, noted.lines)


def is_sample(site: Site) -> bool:
    """Whether the site has a distribution."""
    return site["type"] == "sample"


def is_factor(site: Site) -> bool:
    """Whether the site is a bare term of the log density."""
    return type(site["fn"]).__name__ == "Unit"


def log_prob(site: Site) -> Any:
    """Log density of the site's value, one entry per independent term."""
    if is_factor(site):
        return site["fn"].log_factor
    with warnings.catch_warnings(), numpyro.validation_enabled(False):
        warnings.simplefilter("ignore")  # values outside of the support are told with their rows
        return site["fn"].log_prob(site["value"])
