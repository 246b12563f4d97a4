"""The work of run_mcmc: check, sample, diagnose, say whether to believe it. Runs in the worker."""

import io
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jax_workbench.tools.contract import Job, Note
from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.run_mcmc import (
    Parameter,
    RunMcmcAnswer,
    RunMcmcAsk,
    RunMcmcResult,
    SamplerStatistics,
    Times,
)
from jax_workbench.tools.run_mcmc.answer import (
    few,
    more_time,
    next_calls,
    notes_of,
    refused,
    rows_of,
    shown,
    summary_of,
    unasked,
)
from jax_workbench.tools.run_mcmc.checks import Checked, Checks
from jax_workbench.tools.run_mcmc.device_mesh import in_parallel
from jax_workbench.tools.run_mcmc.diagnostics import MAX_JUDGED, diagnose, parameters
from jax_workbench.tools.run_mcmc.draws_file import SCHEMA, npz_of, schema_of
from jax_workbench.tools.run_mcmc.findings import Finding
from jax_workbench.tools.run_mcmc.judged import key_of, programs_for, sample_and_judge
from jax_workbench.tools.run_mcmc.model_text import ModelText, check_arguments, read_model
from jax_workbench.tools.run_mcmc.plot import diagnostics_picture
from jax_workbench.tools.run_mcmc.posterior import Posterior
from jax_workbench.tools.run_mcmc.preparation import Prepared, Ready, prepare
from jax_workbench.tools.run_mcmc.prior_spread import PriorSpread, prior_spread
from jax_workbench.tools.run_mcmc.read_arrays import read_arrays
from jax_workbench.tools.run_mcmc.sampler import Budget, Watch
from jax_workbench.tools.run_mcmc.sampling import Sampled
from jax_workbench.tools.run_mcmc.scalars import flatten
from jax_workbench.tools.run_mcmc.script import reproduce
from jax_workbench.tools.run_mcmc.variational import Fitted, fit_guide, guide_finding
from jax_workbench.tools.run_mcmc.verdict import json_ready, reasons_of

RESERVE_S = 15.0
"""Kept for diagnoses and pictures, but at most a quarter of the call's time."""
MAX_DRAWS_MIB = 400
ENVELOPE_BYTES = 1500
"""For summary, sampler, times and what was not checked."""


def run(ask: RunMcmcAsk, job: Job) -> RunMcmcAnswer:
    """Answer one call."""
    return Call(ask, job).answer()


class Call:
    """One call, phase by phase."""

    def __init__(self, ask: RunMcmcAsk, job: Job) -> None:
        """Time runs from here."""
        self.ask, self.job = ask, job
        self.began = time.monotonic()
        reserve = min(RESERVE_S, ask.timeout_s / 4)
        end = min(ask.timeout_s - reserve, ask.max_seconds or np.inf)
        self.budget = Budget(end)
        self.all_of_it = Budget(ask.timeout_s - reserve / 2)
        self.notes: list[Note] = []
        self.not_checked: list[str] = []
        self.times = Times()
        self.is_partial = False

    def answer(self) -> RunMcmcAnswer:
        """Check the model, sample it, judge the draws."""
        ask = self.ask
        self.job.progress("checking the model")
        text = read_model(ask.model)
        skipped = [ask.warm_start] if ask.warm_start else []
        data = read_arrays(ask.data, self.job.blobs, ask.columns, left_out=skipped)
        check_arguments(text.function, data)
        prepared = prepare(text.function, data, ask, self.job.blobs)
        self.times = Times(preflight_s=time.monotonic() - self.began)
        self.save_texts(text, data)
        self.notes.extend(prepared.notes)
        if prepared.ready is None:
            _, reasons, _ = reasons_of(prepared.findings)
            return refused(reasons, self.notes, self.times.preflight_s)
        check_memory(prepared.ready.posterior, ask)
        if ask.method == "svi":
            return self.variational(prepared, prepared.ready)
        return self.sampled(prepared, prepared.ready, text, data)

    def sampled(
        self, prepared: Prepared, ready: Ready, text: ModelText, data: Mapping[str, Any]
    ) -> RunMcmcAnswer:
        """Draw with chains."""
        ask = self.ask
        programs = programs_for(ask, ready)
        judged = sample_and_judge(
            ask,
            programs,
            prepared.findings,
            lambda: self.prior(ready, text, data),
            Watch(self.budget, self.job),
        )
        sampled, phases = judged.sampled, judged.phases
        self.notes.extend(phases.notes)
        self.times = self.times.model_copy(
            update={
                "compile_s": programs.sampler.compile_s,
                "warmup_s": phases.warmup_s,
                "sample_s": phases.sample_s,
            }
        )
        if programs.sampler.mesh is not None:
            self.notes.append(in_parallel(programs.sampler.mesh))
        if phases.is_partial:
            self.say_partial(phases.n_warmup, sampled)
        if sampled is None:
            return self.without_draws(prepared, phases.n_warmup)
        if programs.constrainer.left_out:
            left_out = ", ".join(programs.constrainer.left_out)
            self.note("sites_left_out", f"Too big to keep: {left_out}.")
        self.not_checked.extend(filter(None, [judged.far.unseen()]))
        checked = Checks(ask, ready, programs.sampler, Watch(self.all_of_it, self.job)).run(sampled)
        return self.finished(judged.findings, ready, sampled, judged.without_mean, checked)

    def variational(self, prepared: Prepared, ready: Ready) -> RunMcmcAnswer:
        """Draw from a fitted guide."""
        key = key_of(self.ask, 2)
        shape = (self.ask.num_chains, self.ask.num_samples)
        fitted = fit_guide(ready.posterior, key, shape, self.budget, self.job)
        if fitted is None:
            lost = Finding("nan_log_prob", "refused", "The loss of the guide stopped being finite.")
            _, reasons, _ = reasons_of([*prepared.findings, lost])
            return refused(reasons, self.notes, self.times.preflight_s)
        self.times = self.times.model_copy(update={"sample_s": fitted.fit_s})
        sampled = Sampled(fitted.draws, {}, diagnose(flatten(fitted.draws)), None)
        finding = guide_finding(fitted)
        self.say_of_guide(fitted)
        checked = Checks(self.ask, ready, None, Watch(self.all_of_it, self.job)).run(sampled)
        findings = [*prepared.findings, *([finding] if finding else [])]
        return self.finished(findings, ready, sampled, frozenset(), checked)

    def finished(
        self,
        findings: Sequence[Finding],
        ready: Ready,
        sampled: Sampled,
        without_mean: frozenset[int],
        checked: Checked,
    ) -> RunMcmcAnswer:
        """Put the answer together, and save what is too big for it."""
        status, reasons, asides = reasons_of(findings)
        every = parameters(sampled.diagnosis, without_mean)
        self.save_draws(sampled, ready, every, status)
        self.notes.extend([*notes_of(asides), *checked.notes])
        others = [*shown(reasons), *few(self.notes)]
        said = json.dumps([checked.predictive, checked.loo, checked.other], default=str)
        n_others = sum(len(part.model_dump_json()) for part in others) + len(said) + ENVELOPE_BYTES
        rows = rows_of(sampled, ready.sites, every, n_others)
        if len(rows) < sampled.diagnosis.n_scalars:
            self.note(
                "scalars_left_out",
                f"{len(rows)} of {sampled.diagnosis.n_scalars} scalars are shown, worst R-hat "
                f"first; up to {MAX_JUDGED} are in summary.json, all draws in draws.npz.",
            )
        self.not_checked.extend(checked.skipped)
        ess, seconds = sampled.diagnosis.least_ess, self.times.sample_s
        rate = ess / seconds if seconds > 0 and np.isfinite(ess) else None
        estimates = tuple(row.model_dump() for row in rows)
        return RunMcmcAnswer(
            status="ok" if status == "ok" else "warn",
            summary=summary_of(status, reasons, sampled, rows),
            result=RunMcmcResult(
                reasons=shown(reasons),
                parameters=estimates if status == "ok" else (),
                unreliable_estimates=None if status == "ok" else estimates,
                sampler=statistics_of(sampled),
                time=self.times.model_copy(update={"ess_per_s": rate}),
                predictive=json_ready(checked.predictive),
                loo=json_ready(checked.loo),
                other_checks=json_ready(checked.other) or None,
                n_scalars=sampled.diagnosis.n_scalars,
                not_checked=tuple(self.not_checked + unasked(self.ask)),
            ),
            notes=few(self.notes),
            next=next_calls(status, reasons, self.ask, is_partial=self.is_partial),
        )

    def without_draws(self, prepared: Prepared, n_warmup: int) -> RunMcmcAnswer:
        """Time ran out before there were draws to judge."""
        late = Finding(
            "low_ess",
            "warn",
            f"Time was over after {n_warmup} of {self.ask.num_warmup} warm-up transitions "
            f"(compiling took {self.times.compile_s:.0f} s); there are no draws.",
            None,
            "Raise timeout_s or max_seconds, thin the data, or standardise the predictors.",
        )
        _, reasons, _ = reasons_of([*prepared.findings, late])
        return RunMcmcAnswer(
            status="warn",
            summary=f"No draws: {late.evidence}",
            result=RunMcmcResult(
                reasons=shown(reasons),
                parameters=(),
                unreliable_estimates=(),
                sampler=None,
                time=self.times,
                n_scalars=0,
                not_checked=("everything that needs draws",),
            ),
            notes=few(self.notes),
            next=(more_time(self.ask),),
        )

    def prior(self, ready: Ready, text: ModelText, data: Mapping[str, Any]) -> PriorSpread | None:
        """Draws of the prior to compare with; None where time is short."""
        if self.all_of_it.left_s() <= 0:
            self.not_checked.append("the posterior against its prior (no time left)")
            return None
        self.job.progress("comparing with the prior")
        return prior_spread(ready.starts, text.function, data, ready.sites, key_of(self.ask, 4))

    def save_texts(self, text: ModelText, data: Mapping[str, Any]) -> None:
        """The model, its data and a script that repeats the run."""
        self.job.save("model.py", text.source.encode(), "text/x-python")
        self.job.save("reproduce.py", reproduce(self.ask, text.source).encode(), "text/x-python")
        stream = io.BytesIO()
        np.savez(stream, allow_pickle=False, **data)
        self.job.save("data.npz", stream.getvalue(), "application/zip")

    def save_draws(
        self, sampled: Sampled, ready: Ready, every: Sequence[Parameter], status: str
    ) -> None:
        """Draws, their schema, the table of all judged scalars, the picture."""
        content, left_out = npz_of(sampled.draws)
        self.job.save("draws.npz", content, "application/zip")
        facts = {"method": self.ask.method, "seed": self.ask.seed, "left_out": left_out}
        schema = schema_of(sampled.draws, ready.sites.latents, facts)
        self.job.save(SCHEMA, schema, "application/json")
        table = json.dumps([row.model_dump() for row in every]).encode()
        self.job.save("summary.json", table, "application/json")
        if self.all_of_it.left_s() > 0:
            self.job.progress("drawing")
            self.job.save("diagnostics.png", diagnostics_picture(sampled, status), "image/png")
        else:
            self.note("no_picture", "There was no time left to draw.")

    def say_partial(self, n_warmup: int, sampled: Sampled | None) -> None:
        """Tell that time ran out."""
        self.is_partial = True
        n = sampled.n_draws if sampled else 0
        self.note(
            "partial",
            f"Time was over after {n_warmup} of {self.ask.num_warmup} warm-up transitions and {n} "
            f"of {self.ask.num_samples} draws a chain; what is here is what there was time for.",
        )

    def say_of_guide(self, fitted: Fitted) -> None:
        """Tell what variational draws are."""
        self.notes.append(
            Note(
                code="variational",
                severity="info",
                text=f"Draws of a fitted {fitted.guide} ({fitted.n_steps} steps, loss "
                f"{fitted.loss:.4g}), not of the posterior; Pareto k of the ratios is "
                f"{fitted.pareto_k:.2f} (below 0.7 is usable). R-hat has no meaning here.",
            )
        )
        self.not_checked.append("whether the posterior has other modes than the guide's one")

    def note(self, code: str, text: str) -> None:
        """Add a warning."""
        self.notes.append(Note(code=code, severity="warning", text=text))


def check_memory(posterior: Posterior, ask: RunMcmcAsk) -> None:
    """Check that the draws fit, before anything is compiled."""
    mib = posterior.n_dimensions * ask.num_chains * ask.num_samples * 8 / 2**20
    if mib > MAX_DRAWS_MIB:
        raise ToolError(
            "output_too_large",
            f"{ask.num_chains} chains of {ask.num_samples} draws of {posterior.n_dimensions} "
            f"scalars take {mib:.0f} MiB, at most {MAX_DRAWS_MIB} are kept.",
            "Lower num_samples or num_chains.",
        )


def statistics_of(sampled: Sampled) -> SamplerStatistics | None:
    """What the sampler says of its way; nulls for methods without trajectories."""
    return sampled.geometry.statistics() if sampled.geometry else SamplerStatistics()
