"""The answer's words and rows. Runs in the worker."""

import json
import os
from collections.abc import Sequence
from typing import Any

from jax_workbench.tools.contract import Next, Note
from jax_workbench.tools.run_mcmc import (
    MAX_DEVICES,
    MAX_TIMEOUT_S,
    MOVE_APART,
    Parameter,
    Reason,
    RunMcmcAnswer,
    RunMcmcAsk,
    RunMcmcResult,
    Times,
)
from jax_workbench.tools.run_mcmc.device_mesh import largest_divisor
from jax_workbench.tools.run_mcmc.findings import Finding
from jax_workbench.tools.run_mcmc.plot import worst_order
from jax_workbench.tools.run_mcmc.sampling import Sampled
from jax_workbench.tools.run_mcmc.site_trace import SiteTrace

MAX_BYTES = 7800
"""Of the answer without the envelope that the server adds; it stays below 10 kB."""
MIN_ROW_BYTES = 1200
"""For the table of parameters, whatever else there is to say; the rest is an artifact."""
MAX_NAME = 80
MAX_NOTES = 8
MAX_REASONS = 8
MAX_EVIDENCE = 420
"""Characters of the first reason's evidence."""
MAX_TEXT = 240
"""Characters of everything else that is said."""
N_IN_SUMMARY = 3


def refused(reasons: Sequence[Reason], notes: Sequence[Note], preflight_s: float) -> RunMcmcAnswer:
    """Why there is no posterior."""
    first = shown(reasons)[0]
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
        notes=few(notes),
    )


def shown(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """The first reasons, their evidence cut."""
    return tuple(
        reason.model_copy(
            update={
                "site": cut(reason.site, MAX_NAME) if reason.site else None,
                "evidence": cut(reason.evidence, MAX_TEXT if place else MAX_EVIDENCE),
                "fix": cut(reason.fix, MAX_TEXT),
            }
        )
        for place, reason in enumerate(reasons[:MAX_REASONS])
    )


def cut(text: str, limit: int = MAX_EVIDENCE) -> str:
    """`text`, shortened at its end."""
    return text if len(text) <= limit else text[: limit - 3] + "..."


def few(notes: Sequence[Note]) -> tuple[Note, ...]:
    """The first notes, each cut."""
    return tuple(
        note.model_copy(update={"text": cut(note.text, MAX_EVIDENCE)}) for note in notes[:MAX_NOTES]
    )


def rows_of(
    sampled: Sampled, sites: SiteTrace, every: Sequence[Parameter], n_others: int
) -> list[Parameter]:
    """Rows that fit beside `n_others` bytes of answer; worst first where not all fit."""
    n = len(every)
    rows = [row.model_copy(update={"name": cut(row.name, MAX_NAME)}) for row in every]
    room = max(MAX_BYTES - n_others, MIN_ROW_BYTES)
    if size_of(rows) <= room:
        return rows
    owners = sampled.diagnosis.scalars.sites
    worst = worst_order(sampled.diagnosis)
    rank = {i: place for place, i in enumerate(worst)}
    order = sorted(range(n), key=lambda i: (owners[i] not in sites.latents, rank.get(i, n)))
    chosen: list[Parameter] = []
    for i in order:
        room -= size_of([rows[i]])
        if room < 0:
            break
        chosen.append(rows[i])
    return chosen


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


def next_calls(
    status: str, reasons: Sequence[Reason], ask: RunMcmcAsk, *, is_partial: bool
) -> tuple[Next, ...]:
    """What would help now."""
    codes = {reason.code for reason in reasons}
    if is_partial:
        return (more_time(ask),)
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


def more_time(ask: RunMcmcAsk) -> Next:
    """The call again with all the time there is, its chains in parallel where there are cores."""
    arguments: dict[str, Any] = {"timeout_s": MAX_TIMEOUT_S, "max_seconds": 0}
    n_cores = min(len(os.sched_getaffinity(0)), MAX_DEVICES)
    n = largest_divisor(ask.num_chains, n_cores) if ask.method in MOVE_APART else 1
    if n <= ask.devices:
        return Next(tool="run_mcmc", why="Give it more time.", arguments=arguments)
    why = f"Give it more time, and let the chains run in parallel on {n} of {n_cores} cores."
    return Next(tool="run_mcmc", why=why, arguments=arguments | {"devices": n})


def notes_of(findings: Sequence[Finding]) -> list[Note]:
    """What is worth a note and no reason."""
    return [
        Note(code=one.code, severity="info", text=f"{one.evidence} {one.reason().fix}")
        for one in findings
    ]


def unasked(ask: RunMcmcAsk) -> list[str]:
    """What a good status does not mean."""
    questions = {
        "posterior_predictive": "whether the model makes data like these (posterior_predictive)",
        "prior_sensitivity": "how much the prior matters (prior_sensitivity)",
        "sbc": "whether the sampler is calibrated for this model (sbc)",
    }
    return [text for check, text in questions.items() if check not in ask.checks]
