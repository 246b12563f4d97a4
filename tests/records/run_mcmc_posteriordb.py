"""Verdicts of run_mcmc on reference posteriors, against the moments of their reference draws.

    .venv/bin/python -m tests.records.run_mcmc_posteriordb [--continue] [NAME ...]

writes run_mcmc_posteriordb.json and .md beside this file after each posterior; --continue keeps
what stands there and runs the rest, NAME only prints. Programs are compiled once a posterior
and serve every seed, as in the tool; the sampling and the judgement are the tool's own.

A case passes where every mean is within 4.5 standard errors and 0.15 reference sd of the
reference, and every sd within 15 %. What must never happen: status "ok" and no pass.
"""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import jax
import numpy as np

from jax_workbench.tools.run_mcmc import RunMcmcAsk
from jax_workbench.tools.run_mcmc.judged import (
    Judged,
    key_of,
    programs_for,
    sample_and_judge,
)
from jax_workbench.tools.run_mcmc.model_text import read_model
from jax_workbench.tools.run_mcmc.preparation import candidates_for, prepare
from jax_workbench.tools.run_mcmc.prior_spread import prior_spread
from jax_workbench.tools.run_mcmc.sampler import Budget, Watch
from jax_workbench.tools.run_mcmc.verdict import reasons_of
from tests.records.posteriordb_models import REFERENCES, Reference
from tests.records.run_mcmc_in_process import RecordJob, is_named, kept, versions

HERE = Path(__file__).parent
N_SEEDS = 5
LIMIT_S = 900


def data_of(entry: dict[str, Any], every: dict[str, Any]) -> dict[str, Any]:
    """The data of an entry, perhaps those of another."""
    return entry["data"] if "data" in entry else every[entry["data_of"]]["data"]


def arguments_of(reference: Reference, data: dict[str, Any]) -> dict[str, Any]:
    """What the model takes, lists as arrays."""
    made = reference.arguments(data)
    return {
        name: np.asarray(cast("list[Any]", value)) if isinstance(value, list) else value
        for name, value in made.items()
    }


def score(judged: Judged, moments: dict[str, dict[str, float]], n_ref: int) -> dict[str, Any]:
    """Largest errors against the reference, and whether they pass."""
    if judged.sampled is None:
        return {"passes": False}
    diagnosis = judged.sampled.diagnosis
    place = {name: i for i, name in enumerate(diagnosis.scalars.names)}
    z: list[float] = []
    shift: list[float] = []
    ratios: list[float] = []
    for name, moment in moments.items():
        i = place[zero_based(name)]
        draws = diagnosis.scalars.columns[:, :, i]
        error = draws.mean() - moment["mean"]
        ess = max(float(np.nan_to_num(diagnosis.ess_bulk[i])), 1.0)
        se = np.sqrt(draws.var() / ess + moment["sd"] ** 2 / n_ref)
        z.append(float(abs(error) / max(se, 1e-300)))
        shift.append(float(abs(error) / moment["sd"]))
        ratios.append(float(draws.std() / moment["sd"]))
    passes = max(z) < 4.5 and max(shift) < 0.15 and min(ratios) > 0.85 and max(ratios) < 1.15
    return {
        "passes": passes,
        "max_z": round(max(z), 2),
        "max_shift_sd": round(max(shift), 4),
        "sd_ratios": [round(min(ratios), 3), round(max(ratios), 3)],
    }


def zero_based(name: str) -> str:
    """`beta[1]` as `beta[0]`."""
    site, bracket, index = name.partition("[")
    return f"{site}[{int(index.rstrip(']')) - 1}]" if bracket else name


def judge(
    reference: Reference, entry: dict[str, Any], data: dict[str, Any]
) -> list[dict[str, Any]]:
    """One row a seed."""
    text = read_model(reference.model)
    values = arguments_of(reference, data)
    rows: list[dict[str, Any]] = []
    first = RunMcmcAsk(model=reference.model, timeout_s=600)
    prepared = prepare(text.function, values, first, {})
    if prepared.ready is None:
        return [{"seed": 0, "status": "refused", "findings": str(prepared.findings)}]
    ready = prepared.ready
    programs = programs_for(first, ready)
    spread = prior_spread(ready.starts, text.function, values, ready.sites, key_of(first, 4))
    for seed in range(N_SEEDS):
        began = time.process_time()
        ask = RunMcmcAsk(model=reference.model, seed=seed, timeout_s=600)
        here = replace(ready, candidates=candidates_for(ready.starts, ready.sites, ask, {}))
        judged = sample_and_judge(
            ask,
            replace(programs, ready=here),
            prepared.findings,
            lambda: spread,
            Watch(Budget(LIMIT_S), RecordJob()),
        )
        status, reasons, _ = reasons_of(judged.findings)
        sampled = judged.sampled
        rows.append(
            {
                "seed": seed,
                "status": status,
                "codes": list(dict.fromkeys(reason.code for reason in reasons)),
                "repairs": [note.code for note in judged.phases.notes],
                "rhat": round(sampled.diagnosis.worst_rhat, 4) if sampled else None,
                "ess": round(sampled.diagnosis.least_ess) if sampled else None,
                **score(judged, entry["ref"], entry["n_ref"]),
                "cpu_s": round(time.process_time() - began, 1),
            }
        )
        print(reference.name, rows[-1], flush=True)  # noqa: T201 - progress of a long command
    return rows


def main(names: list[str]) -> None:
    """Run the references and write the record after each."""
    jax.config.update("jax_enable_x64", True)
    every = json.loads((HERE / "posteriordb.json").read_text())["posteriors"]
    earlier: dict[str, Any] = {}
    names, table = kept(names, HERE / "run_mcmc_posteriordb.json", "posteriors", earlier)
    for reference in REFERENCES:
        if reference.name in table or not is_named(reference.name, names):
            continue
        entry = every[reference.entry or reference.name]
        table[reference.name] = judge(reference, entry, data_of(entry, every))
        if not names:
            write({"versions": versions(), "n_seeds": N_SEEDS, "posteriors": table})


def write(record: dict[str, Any]) -> None:
    """The record as JSON and as a table."""
    (HERE / "run_mcmc_posteriordb.json").write_text(json.dumps(record, indent=1) + "\n")
    rows = [(name, row) for name, seeds in record["posteriors"].items() for row in seeds]
    wrong = [name for name, row in rows if row["status"] == "ok" and not row.get("passes")]
    expected = {reference.name for reference in REFERENCES if reference.is_expected_ok}
    alarms = [name for name, row in rows if row["status"] != "ok" and name in expected]
    named = f" ({', '.join(sorted(set(alarms)))})" if alarms else ""
    made_with = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    lines = [
        "# run_mcmc on posteriordb's reference posteriors",
        "",
        f"Made by `python -m tests.records.run_mcmc_posteriordb`; {made_with}.",
        f"4 chains of 1000 + 1000, {record['n_seeds']} seeds.",
        "",
        f"- {len(record['posteriors'])} posteriors, {len(rows)} runs.",
        f"- Runs with a good verdict that fail the reference moments: **{len(wrong)}**.",
        f"- Runs of well-behaved posteriors with a warning: {len(alarms)}{named}.",
        "",
        "| posterior | ok | warn | passes | worst z | worst shift (sd) | repairs | codes | CPU s |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, seeds in record["posteriors"].items():
        n_ok = sum(row["status"] == "ok" for row in seeds)
        codes = sorted({code for row in seeds for code in row.get("codes", [])})
        repairs = sum(bool(row.get("repairs")) for row in seeds)
        lines.append(
            f"| {name} | {n_ok} | {len(seeds) - n_ok} | "
            f"{sum(bool(row.get('passes')) for row in seeds)} | "
            f"{max(row.get('max_z', 0) for row in seeds)} | "
            f"{max(row.get('max_shift_sd', 0) for row in seeds)} | {repairs} | "
            f"{', '.join(codes)} | {sum(row.get('cpu_s', 0) for row in seeds):.0f} |"
        )
    (HERE / "run_mcmc_posteriordb.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
