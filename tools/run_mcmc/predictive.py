"""Data that the prior and the posterior would make, against the data. Runs in the worker."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray
from numpyro.handlers import seed, substitute, trace
from numpyro.primitives import Messenger

from jax_workbench.tools.run_mcmc.posterior import Point, Posterior, at_each
from jax_workbench.tools.run_mcmc.site_trace import Model, SiteTrace, is_factor, is_sample

N_REPLICATES = 400
MAX_SITES = 4
"""Observed sites that are compared; the first ones."""
EXTREME = 0.005

STATISTICS: dict[str, Callable[..., Any]] = {
    "mean": np.mean,
    "sd": np.std,
    "min": np.min,
    "max": np.max,
}


class Unobserved(Messenger):
    """Makes observed sites draw anew; factors stay."""

    def process_message(self, msg: dict[str, Any]) -> None:
        """Forget the data of a site, but draw as many: one distribution may stand for all rows."""
        if is_sample(msg) and msg["is_observed"] and not is_factor(msg):
            shape = np.shape(msg["value"])
            rows = shape[: len(shape) - msg["fn"].event_dim]
            msg["fn"] = msg["fn"].expand(np.broadcast_shapes(msg["fn"].batch_shape, rows))
            msg["is_observed"] = False
            msg["value"] = None


def replicate(
    posterior: Posterior, sites: SiteTrace, key: Any, draws: Mapping[str, NDArray[Any]] | None
) -> dict[str, NDArray[Any]]:
    """Data sets by observed site, (replicates, ...): of the posterior's draws, else the prior's."""
    names = list(sites.observed)[:MAX_SITES]
    keys = jax.random.split(key, N_REPLICATES)

    def one(drawn: tuple[Any, Point], arrays: Any) -> Point:
        inner, point = drawn
        model: Model = Unobserved(posterior.model)
        filled = substitute(seed(model, inner), data=point)
        made = trace(filled).get_trace(**posterior.data(arrays))
        return {name: made[name]["value"] for name in names}

    points = {} if draws is None else thinned(draws, sites)
    made = at_each(one, (keys, points), posterior.arrays)
    return {name: np.asarray(value) for name, value in made.items()}


def thinned(draws: Mapping[str, NDArray[Any]], sites: SiteTrace) -> dict[str, NDArray[Any]]:
    """Evenly spaced draws of the sampled sites, chains joined."""
    kept: dict[str, NDArray[Any]] = {}
    for name in sites.latents:
        joined = draws[name].reshape(-1, *draws[name].shape[2:])
        kept[name] = joined[np.linspace(0, len(joined) - 1, N_REPLICATES).astype(int)]
    return kept


def compare(replicates: Mapping[str, NDArray[Any]], sites: SiteTrace) -> dict[str, dict[str, Any]]:
    """Tail area of each statistic of the data among the replicated ones, by site.

    The area counts ties half: P(replicate > data) + P(equal) / 2. Near 0 or 1 the model does not
    make such data.
    """
    table: dict[str, dict[str, Any]] = {}
    for name, sets in replicates.items():
        data = np.asarray(sites.observed[name]["value"], np.float64)
        table[name] = {}
        for label, statistic in STATISTICS.items():
            mine = float(statistic(data))
            theirs = np.asarray([statistic(one) for one in sets.astype(np.float64)])
            area = float((theirs > mine).mean() + (theirs == mine).mean() / 2)
            table[name][label] = {
                "data": mine,
                "tail_area": area,
                "model": float(np.median(theirs)),
            }
    return table


def misfits(table: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Statistics that the model does not make."""
    return [
        f"{label} of {site} (tail area {row['tail_area']:.3f})"
        for site, rows in table.items()
        for label, row in rows.items()
        if not EXTREME <= row["tail_area"] <= 1 - EXTREME
    ]
