"""Keeps account of calls: an audit line for each run, and the metrics. Server only."""

import logging
from collections.abc import Mapping
from typing import Any

from jax_workbench.server.metrics import Metrics
from jax_workbench.server.reply import Ending, Failed
from jax_workbench.server.watch import Watch

audit = logging.getLogger("jax_workbench.audit")
"""One INFO line a run; whether it is written is the operator's to say."""
_MEASURED = ("wall_s", "queue_s", "cpu_s", "peak_rss_mib", "code_sha256")


class Ledger:
    """What was called, and how it ended; never what was sent or answered."""

    def __init__(self) -> None:
        """Begin empty."""
        self.metrics = Metrics()

    def answered(self, tool: str, ending: Ending) -> None:
        """A client got an answer, be it only that the call goes on."""
        self.metrics.count_answer(tool, outcome_of(ending))

    def over(self, tool: str, ending: Ending, watch: Watch) -> None:
        """A call that ran is over."""
        outcome, run = outcome_of(ending), _run_of(ending)
        elapsed_s = watch.elapsed_s()
        self.metrics.count_job(tool, outcome, elapsed_s, run.get("queue_s"))
        entry = {
            "run_id": watch.run_id,
            "tool": tool,
            "caller": watch.owner or "operator",
            "outcome": outcome,
            "elapsed_s": round(elapsed_s, 3),
            **{name: run[name] for name in _MEASURED if name in run},
            "tier": run.get("sandbox", {}).get("tier"),
        }
        told = {name: value for name, value in entry.items() if value is not None}
        words = " ".join(f"{name}={value}" for name, value in told.items())
        audit.info("run %s", words, extra={"facts": told})


def outcome_of(ending: Ending) -> str:
    """A status or an error code, of which there are few."""
    return ending.code if isinstance(ending, Failed) else str(ending.envelope["status"])


def _run_of(ending: Ending) -> Mapping[str, Any]:
    return {} if isinstance(ending, Failed) else ending.envelope["run"]
