"""The checks that a call asks for, each with its own cost. Runs in the worker."""

from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np

from jax_workbench.tools.common.guarded_text import message_of, shorten
from jax_workbench.tools.contract import Note
from jax_workbench.tools.run_mcmc import RunMcmcAsk
from jax_workbench.tools.run_mcmc.calibration import Calibration
from jax_workbench.tools.run_mcmc.loo import loo
from jax_workbench.tools.run_mcmc.plot import predictive_picture
from jax_workbench.tools.run_mcmc.predictive import compare, misfits, replicate
from jax_workbench.tools.run_mcmc.preparation import Ready
from jax_workbench.tools.run_mcmc.prior_sensitivity import prior_sensitivity
from jax_workbench.tools.run_mcmc.sampler import Sampler, Watch
from jax_workbench.tools.run_mcmc.sampling import Sampled

MESSAGE_LIMIT = 200


@dataclass
class Checked:
    """What the checks gave."""

    predictive: dict[str, Any] | None = None
    loo: dict[str, Any] | None = None
    other: dict[str, Any] = field(default_factory=dict[str, Any])
    notes: list[Note] = field(default_factory=list[Note])
    skipped: list[str] = field(default_factory=list[str])


class Checks:
    """Runs checks of one sampled posterior."""

    def __init__(
        self, ask: RunMcmcAsk, ready: Ready, sampler: Sampler | None, watch: Watch
    ) -> None:
        """A check that has no time left is named instead."""
        self.ask, self.ready, self.sampler = ask, ready, sampler
        self.watch, self.job = watch, watch.job
        self.key = jax.random.fold_in(jax.random.key(ask.seed), 3)
        self.checked = Checked()

    def run(self, sampled: Sampled) -> Checked:
        """Every check of the call, in the order asked."""
        steps = {
            "prior_predictive": self._prior_predictive,
            "posterior_predictive": self._posterior_predictive,
            "loo": self._loo,
            "sbc": self._sbc,
            "prior_sensitivity": self._prior_sensitivity,
        }
        for name in dict.fromkeys(self.ask.checks):
            if self.watch.budget.left_s() <= 0:
                self.checked.skipped.append(f"{name} (no time left)")
                continue
            self.job.progress(f"checking: {name}")
            try:
                steps[name](sampled)
            except Exception as error:  # noqa: BLE001 - a check must not cost the posterior
                said = shorten(message_of(error), MESSAGE_LIMIT)
                self.checked.skipped.append(name)
                self._note("check_failed", f"{name} could not be done: {said}")
        return self.checked

    def _note(self, code: str, text: str) -> None:
        self.checked.notes.append(Note(code=code, severity="warning", text=text))

    def _predictive(self, label: str, sampled: Sampled | None) -> None:
        sites = self.ready.sites
        if not sites.observed:
            self.checked.skipped.append(f"{label} (no observed site)")
            return
        draws = None if sampled is None else sampled.draws
        sets = replicate(self.ready.posterior, sites, self.key, draws)
        table = compare(sets, sites)
        self.checked.predictive = {**(self.checked.predictive or {}), label: table}
        observed = {name: np.asarray(sites.observed[name]["value"]) for name in sets}
        left_out = len(sites.observed) - len(sets)
        if left_out:
            self.checked.skipped.append(f"{label} of {left_out} further sites")
        picture = predictive_picture(sets, observed, f"Data and {label} replicates")
        self.job.save(f"{label}.png", picture, "image/png")
        strange = misfits(table)
        if strange and sampled is not None:
            self._note("misfit", f"The model does not make data like these: {'; '.join(strange)}.")

    def _prior_predictive(self, _: Sampled) -> None:
        self._predictive("prior_predictive", None)

    def _posterior_predictive(self, sampled: Sampled) -> None:
        self._predictive("posterior_predictive", sampled)

    def _loo(self, sampled: Sampled) -> None:
        self.checked.loo = loo(self.ready.posterior, sampled.draws, self.ready.sites)
        n_bad = self.checked.loo.get("n_pareto_k_above_0.7", 0)
        if n_bad:
            rows = self.checked.loo["rows_pareto_k_above_0.7"]
            self._note(
                "influential_data",
                f"{n_bad} data have Pareto k above 0.7 (rows {rows}): LOO is unreliable for them, "
                "and they drive the posterior.",
            )

    def _sbc(self, _: Sampled) -> None:
        if self.sampler is None:
            self.checked.skipped.append("sbc (not for this method)")
            return
        refits = Calibration(self.ready, self.sampler, self.ask.num_warmup, self.watch)
        found = refits.run(self.key)
        self.checked.other["sbc"] = found
        if found.get("is_calibrated") is False:
            self._note(
                "not_calibrated", f"SBC ranks are not uniform: p = {found['smallest_p']:.2g}."
            )

    def _prior_sensitivity(self, sampled: Sampled) -> None:
        found = prior_sensitivity(
            self.ready.posterior, sampled.draws, sampled.diagnosis, self.ready.sites
        )
        self.checked.other["prior_sensitivity"] = found
        ruled = [
            row["name"] for row in found["scalars"] if row["diagnosis"].startswith("the prior")
        ]
        if ruled:
            self._note("prior_dominates", f"The prior rules {', '.join(ruled)}: report it.")
