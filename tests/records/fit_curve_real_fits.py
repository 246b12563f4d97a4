"""The record of real fits: each right, warned or refused as it should be.

Run: `python tests/records/fit_curve_real_fits.py`. Some five minutes of CPU. Writes
fit_curve_real_fits.json and .md. Data of 1e6 rows are among them.
"""

import sys
import time
from pathlib import Path
from typing import Any, cast

import numpy as np
from pydantic import ValidationError
from scipy import optimize

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.fit_curve import FitCurveAnswer, FitCurveAsk
from jax_workbench.tools.fit_curve.work import run

sys.path.insert(0, str(Path(__file__).parent))
from fit_curve_cases import Case, all_cases
from record_file import table, write_record

WORST_RATIO = 1e-9
"""By which our sum of squares may exceed that of an optimiser that started at the truth."""


class Kept:
    """A job that keeps what is saved, without a sandbox: all code here is ours."""

    def __init__(self, blobs: dict[str, bytes] | None = None) -> None:
        """`blobs` are the call's files."""
        self.blobs = blobs or {}
        self.saved: dict[str, bytes] = {}

    def progress(self, message: str) -> None:
        """Nobody listens."""

    def save(self, name: str, content: bytes, mime_type: str) -> None:  # noqa: ARG002 - as a job
        """Keep it."""
        self.saved[name] = content


def answer_to(case: Case) -> FitCurveAnswer | None:
    """The tool's answer; None where the call is refused as malformed."""
    try:
        return run(FitCurveAsk.model_validate({**case.ask, "timeout_s": 600}), Kept())
    except (ToolError, ValidationError):
        return None


def complaint(case: Case, answer: FitCurveAnswer | None) -> str:
    """What is wrong with the answer; empty where it is right."""
    if answer is None or answer.result is None:
        return "" if case.status == "error" else "an error instead of an answer"
    codes = [reason.code for reason in answer.result.reasons]
    if answer.status != case.status:
        return f"{answer.status} {codes} instead of {case.status}"
    if missing := set(case.codes) - set(codes):
        return f"no {', '.join(missing)} among {codes}"
    size = len(answer.model_dump_json())
    if size > 10_000:
        return f"{size} bytes"
    if case.formula is not None and (excess := excess_rss(case, answer)) > WORST_RATIO:
        return f"RSS too large by {excess:.1e}"
    return ""


def excess_rss(case: Case, answer: FitCurveAnswer) -> float:
    """How much larger our weighted sum is than an independent optimiser's, relative."""
    formula = case.formula
    assert formula is not None
    assert answer.result is not None

    def residual(p: Any) -> Any:
        return (formula(case.x, *p) - case.y) / case.sigma

    found = cast("Any", optimize.least_squares)(
        residual, case.truth, x_scale="jac", xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=2000
    )
    names = [p.name for p in answer.result.parameters]
    ours = residual([p.value for p in answer.result.parameters]) if names else [np.inf]
    floor = 1e-26 * float(np.sum((case.y / case.sigma) ** 2))
    return float((np.sum(np.square(ours)) - 2 * found.cost - floor) / (2 * found.cost + floor))


def a_million_rows() -> dict[str, Any]:
    """One fit of 1e6 rows from a file."""
    rng = np.random.default_rng(0)
    x = np.linspace(0, 5, 1_000_000)
    y = 3 * np.exp(-1.3 * x) + 0.5 + 0.05 * rng.normal(size=x.size)
    rows = "\n".join(f"{a:.8g},{b:.8g}" for a, b in zip(x, y, strict=True))
    job = Kept({"big.csv": f"x,y\n{rows}".encode()})
    began, cpu = time.perf_counter(), time.process_time()
    answer = run(FitCurveAsk(model="a*exp(-k*x)+c", data="big.csv", timeout_s=600), job)
    assert answer.result is not None
    off = [
        abs(p.value - true) / (p.se or np.inf)
        for p, true in zip(answer.result.parameters, (3, 1.3, 0.5), strict=True)
    ]
    is_right = answer.status == "ok" and max(off) < 5 and len(answer.model_dump_json()) <= 10_000
    return {
        "case": "1e6 rows",
        "expected": "ok",
        "got": answer.status,
        "bytes": len(answer.model_dump_json()),
        "cpu_s": round(time.process_time() - cpu, 1),
        "wall_s": round(time.perf_counter() - began, 1),
        "complaint": "" if is_right else f"{answer.status}, {off} se off",
    }


def main() -> None:
    """Measure and write."""
    results: list[dict[str, Any]] = []
    for case in all_cases():
        cpu = time.process_time()
        answer = answer_to(case)
        said = complaint(case, answer)
        codes = [r.code for r in answer.result.reasons] if answer and answer.result else []
        results.append(
            {
                "case": case.name,
                "expected": " ".join([case.status, *case.codes]),
                "got": " ".join([answer.status if answer else "error", *codes]),
                "bytes": len(answer.model_dump_json()) if answer else 0,
                "cpu_s": round(time.process_time() - cpu, 1),
                "complaint": said,
            }
        )
        print(case.name, results[-1]["got"], said, flush=True)  # noqa: T201 - progress
    results.append(a_million_rows())
    wrong = [result for result in results if result["complaint"]]
    rows = [
        [r["case"], r["expected"], r["got"], r["cpu_s"], r["complaint"] or "right"] for r in results
    ]
    lines = [
        f"{len(results)} fits, {len(results) - len(wrong)} right. Well-posed ones must be `ok` and",
        "reach the sum of squares of an optimiser that starts at the truth (1 + 1e-9); the others",
        "must be warned about or refused with the code named. No answer exceeds 10 kB.",
        "",
        *table(["fit", "expected", "got", "CPU s", "verdict"], rows),
    ]
    figures = {"n": len(results), "n_right": len(results) - len(wrong), "fits": results}
    write_record("fit_curve_real_fits", "fit_curve on fits of real kinds", figures, lines)


if __name__ == "__main__":
    main()
