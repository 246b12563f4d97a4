"""The answer's words and rows. Runs in the worker."""

import json
from collections.abc import Sequence

from jax_workbench.tools.contract import Next, Note
from jax_workbench.tools.run_mcmc import (
    Parameter,
    Reason,
    RunMcmcAnswer,
    RunMcmcAsk,
    RunMcmcResult,
    Times,
)
from jax_workbench.tools.run_mcmc.diagnostics import parameter
from jax_workbench.tools.run_mcmc.findings import Finding
from jax_workbench.tools.run_mcmc.plot import worst_order
from jax_workbench.tools.run_mcmc.sampling import Sampled
from jax_workbench.tools.run_mcmc.site_trace import SiteTrace

MAX_ROW_BYTES = 5600
"""Of the table of parameters, so that the answer stays below 10 kB; the rest is an artifact."""
MAX_REASONS = 8
MAX_EVIDENCE = 420
N_IN_SUMMARY = 3


def refused(reasons: Sequence[Reason], notes: Sequence[Note], preflight_s: float) -> RunMcmcAnswer:
    """Why there is no posterior."""
    first = reasons[0]
    where = f" at {first.site}" if first.site else ""
    return RunMcmcAnswer(
        status="refused",
        summary=f"Not sampled: {first.code}{where}. {first.evidence}",
        result=RunMcmcResult(
            reasons=shown(reasons),
            parameters=(),
            unreliable_estimates=None,
            sampler=None,
            time=Times(preflight_s=preflight_s),
            n_scalars=0,
            not_checked=("everything that needs draws",),
        ),
        notes=tuple(notes),
    )


def shown(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """The first reasons, their evidence cut."""
    return tuple(
        reason.model_copy(update={"evidence": cut(reason.evidence)})
        for reason in reasons[:MAX_REASONS]
    )


def cut(text: str) -> str:
    """`text`, shortened at its end."""
    return text if len(text) <= MAX_EVIDENCE else text[: MAX_EVIDENCE - 3] + "..."


def rows_of(
    sampled: Sampled, sites: SiteTrace, without_mean: frozenset[int]
) -> tuple[list[Parameter], list[Parameter]]:
    """Rows that fit into the answer, and all of them; worst first where not all fit."""
    n = len(sampled.diagnosis.scalars.names)
    every = [parameter(sampled.diagnosis, i, has_mean=i not in without_mean) for i in range(n)]
    if size_of(every) <= MAX_ROW_BYTES:
        return every, every
    owners = sampled.diagnosis.scalars.sites
    worst = worst_order(sampled.diagnosis)
    rank = {i: place for place, i in enumerate(worst)}
    order = sorted(range(n), key=lambda i: (owners[i] not in sites.latents, rank.get(i, n)))
    chosen: list[Parameter] = []
    for i in order:
        if size_of([*chosen, every[i]]) > MAX_ROW_BYTES:
            break
        chosen.append(every[i])
    return chosen, every


def size_of(rows: Sequence[Parameter]) -> int:
    """Bytes of the rows as JSON."""
    return sum(len(json.dumps(row.model_dump())) for row in rows)


def summary_of(
    status: str, reasons: Sequence[Reason], sampled: Sampled, rows: Sequence[Parameter]
) -> str:
    """One sentence with the numbers."""
    diagnosis = sampled.diagnosis
    n_chains = next(iter(sampled.draws.values())).shape[0]
    size = f"{n_chains} chains of {sampled.n_draws} draws"
    if status != "ok":
        codes = ", ".join(dict.fromkeys(reason.code for reason in reasons))
        return f"Do not use these draws ({size}): {codes}. {cut(reasons[0].evidence)}"
    few = ", ".join(
        f"{row.name} {row.mean:.4g} (sd {row.sd:.3g})"
        for row in rows[:N_IN_SUMMARY]
        if row.mean is not None and row.sd is not None
    )
    more = f" and {diagnosis.n_scalars - N_IN_SUMMARY} more" * (diagnosis.n_scalars > N_IN_SUMMARY)
    rhat = diagnosis.worst_rhat
    agree = f"largest R-hat {rhat:.3f}, " if rhat == rhat else ""  # noqa: PLR0124 - not nan
    return f"{few}{more}; {size}, {agree}smallest effective sample size {diagnosis.least_ess:.0f}."


def next_calls(status: str, reasons: Sequence[Reason], ask: RunMcmcAsk) -> tuple[Next, ...]:
    """What would help now."""
    codes = {reason.code for reason in reasons}
    if status == "ok" and not ask.checks:
        return (
            Next(
                tool="run_mcmc",
                why="See whether the model makes such data, and which data drive it.",
                arguments={"checks": ["posterior_predictive", "loo"]},
            ),
        )
    if codes and codes <= {"low_ess", "high_rhat", "single_chain"}:
        more = {"num_samples": 4 * ask.num_samples, "num_chains": max(4, ask.num_chains)}
        return (Next(tool="run_mcmc", why="More draws may do.", arguments=more),)
    return ()


def notes_of(findings: Sequence[Finding]) -> list[Note]:
    """What is worth a note and no reason."""
    return [
        Note(code=one.code, severity="info", text=f"{one.evidence} {one.reason().fix}")
        for one in findings
    ]
