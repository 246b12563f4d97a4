"""How soon a model that cannot be sampled is refused, in a fresh worker each.

    .venv/bin/python -m tests.records.run_mcmc_refusals

writes run_mcmc_refusals.json and .md beside this file: for every model the CPU seconds of the whole
job as the host measured them, and what was said.
"""

import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.records.run_mcmc_case import Case
from tests.records.run_mcmc_in_process import versions
from tests.records.run_mcmc_in_sandbox import Client, in_a_session
from tests.records.run_mcmc_refused_models import REFUSED

HERE = Path(__file__).parent
LIMIT_S = 3.0


async def rows_of(client: Client) -> list[dict[str, Any]]:
    """One row a model."""
    rows: list[dict[str, Any]] = []
    for case in REFUSED:
        rows.append(await row_of(client, case))
        print(rows[-1]["model"], rows[-1]["cpu_s"], rows[-1]["said"][:60], flush=True)  # noqa: T201
    return rows


async def row_of(client: Client, case: Case) -> dict[str, Any]:
    """One model, refused in a worker of its own."""
    envelope = await client.call({"model": case.model, "data": dict(case.data), **case.options})
    reason = envelope["result"]["reasons"][0]
    return {
        "model": case.name,
        "status": envelope["status"],
        "code": reason["code"],
        "site": reason["site"],
        "said": reason["evidence"],
        "fix": reason["fix"],
        "cpu_s": round(envelope["run"]["cpu_s"], 2),
        "wall_s": round(envelope["run"]["wall_s"], 2),
    }


def main() -> None:
    """Call every model and write the record."""
    rows = in_a_session(rows_of)
    record = {"versions": versions(), "cpu": platform.machine(), "limit_s": LIMIT_S, "rows": rows}
    (HERE / "run_mcmc_refusals.json").write_text(json.dumps(record, indent=1) + "\n")
    (HERE / "run_mcmc_refusals.md").write_text(as_markdown(record))


def as_markdown(record: Mapping[str, Any]) -> str:
    """The record as a table."""
    rows = record["rows"]
    late = [row["model"] for row in rows if row["cpu_s"] >= record["limit_s"]]
    not_refused = [row["model"] for row in rows if row["status"] != "refused"]
    made_with = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    lines = [
        "# run_mcmc: how soon a model is refused",
        "",
        f"Made by `python -m tests.records.run_mcmc_refusals`; {made_with}.",
        "",
        "CPU seconds of the whole job in a fresh worker of the sandbox, as the host measured them.",
        "",
        f"- Refused: {len(rows) - len(not_refused)} of {len(rows)}"
        + (f"; not {', '.join(not_refused)}." if not_refused else "."),
        f"- In less than {record['limit_s']:g} CPU seconds: {len(rows) - len(late)} of {len(rows)}"
        + (f"; not {', '.join(late)}." if late else "."),
        "",
        "| model | code | CPU s | wall s |",
        "| --- | --- | --- | --- |",
        *(f"| {r['model']} | {r['code']} | {r['cpu_s']:.2f} | {r['wall_s']:.2f} |" for r in rows),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
