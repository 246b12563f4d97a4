"""What a run said of the findings, written into them. Runs in the server; no JAX here."""

from collections.abc import Mapping, Sequence
from typing import Any

from jax_workbench.tools.contract import Note

ASKED = ("code", "line", "column", "end_line", "end_column", "related")
"""Of a finding, what the worker is told."""
REUSE, COMPILE_ANEW = frozenset(("JAX301", "JAX302", "JAX303")), frozenset(("JAX505", "JAX512"))


def write_verdicts(
    found: Sequence[dict[str, Any]], value: Mapping[str, Any], counts: dict[str, int]
) -> bool:
    """Fill in `evidence`, count what is refuted as info.

    False where the worker's answer has another form than ours.
    """
    verdicts, passes = value.get("evidence"), value.get("passes")
    if not isinstance(verdicts, list) or not isinstance(passes, list):
        return False
    if not len(verdicts) == len(passes) == len(found):  # pyright: ignore[reportUnknownArgumentType]
        return False
    for finding, verdict, n_passes in zip(found, verdicts, passes, strict=True):  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]
        if verdict == "confirmed":
            finding["evidence"] = "confirmed"
        if verdict == "refuted" and isinstance(n_passes, int) and n_passes > 0:
            counts[finding["severity"]] -= 1
            counts["info"] += 1
            refute(finding, n_passes)
    return True


def refute(finding: dict[str, Any], n_passes: int) -> None:
    """Keep a finding as info, and say what was run."""
    times = "once" if n_passes == 1 else f"{n_passes} times"
    if finding["code"] in REUSE:
        seen = "JAX's own checker of keys went over both uses and found no reuse."
    elif finding["code"] in COMPILE_ANEW:
        seen = f"this ran {times}, and the function was compiled once."
    else:
        seen = f"this ran {times}, and nothing was raised."
    finding["evidence"] = "refuted"
    finding["severity"] = "info"
    finding["message"] = f"Refuted by a run: {seen} Without it: {finding['message']}"


def note_on_refuted(found: Sequence[Mapping[str, Any]], fixed_code: str | None) -> list[Note]:
    """That findings are kept which do not count."""
    refuted = [f for f in found if f["evidence"] == "refuted"]
    if not refuted:
        return []
    n = "1 finding is" if len(refuted) == 1 else f"{len(refuted)} findings are"
    text = f"{n} refuted by a run of the text; kept as info at the end, for other inputs."
    if fixed_code is not None and any(f["fix"] for f in refuted):
        text += " fixed_code may contain fixes of them: compare before taking it."
    return [Note(code="refuted", severity="info", text=text)]
