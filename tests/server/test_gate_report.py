"""What the gate says of answers of benchmark_fn: only a proven slowdown is a failure."""

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from jax_workbench.server.gate import exit_code
from jax_workbench.server.gate_report import Case, as_junit, as_markdown, cases_of, without_baseline
from jax_workbench.server.reply import Answered, Failed


def cases(verdict: str, *, n_processes: int = 2, time_ratio: float | None = 1.1) -> list[Case]:
    comparison: dict[str, Any] = {
        "baseline": "old",
        "candidate": "new | <b>",
        "size": None,
        "time_ratio": time_ratio,
        "ci_low": time_ratio,
        "ci_high": time_ratio,
        "verdict": verdict,
        "reason": "why",
        "more_s": 12.0,
        "n_processes": n_processes,
    }
    envelope: dict[str, Any] = {
        "status": "compared",
        "summary": "a sentence\x07",
        "result": {"comparisons": [comparison]},
        "notes": [],
        "artifacts": [],
        "run": {"wall_s": 2.0},
    }
    return [*cases_of("bench", Answered(envelope))]


@pytest.mark.parametrize(
    ("found", "outcome", "code"),
    [
        pytest.param(cases("slower"), "slower", 1, id="slower in two processes"),
        pytest.param(
            cases("slower", n_processes=1, time_ratio=1.3), "slower", 1, id="far slower in one"
        ),
        pytest.param(cases("slower", n_processes=1), "undecided", 0, id="little slower in one"),
        pytest.param(cases("ambiguous"), "undecided", 0, id="ambiguous"),
        pytest.param(cases("same"), "ok", 0, id="same"),
        pytest.param(cases("faster", time_ratio=0.5), "ok", 0, id="faster"),
        pytest.param(cases("rejected", time_ratio=None), "broken", 2, id="rejected"),
    ],
)
def test_exit_code_is_one_for_a_proven_slowdown_alone(
    found: list[Case], outcome: str, code: int
) -> None:
    assert [case.outcome for case in found] == [outcome]
    assert exit_code(found) == code


def test_a_slowdown_counts_for_more_than_what_could_not_be_measured() -> None:
    assert exit_code([*cases("rejected", time_ratio=None), *cases("slower")]) == 1


@pytest.mark.parametrize(
    ("is_stored", "code", "exits"),
    [(True, "unsupported", 0), (False, "unsupported", 2), (True, "worker_died", 2)],
)
def test_a_kept_program_of_another_machine_says_nothing_of_the_code(
    code: str, exits: int, *, is_stored: bool
) -> None:
    found = [*cases_of("bench", Failed(code, "Why.", "What next."), is_stored=is_stored)]

    assert exit_code(found) == exits
    assert "What next." in found[0].text


def test_what_the_revision_lacks_is_skipped_with_the_reason_and_told_in_the_summary() -> None:
    (alone,) = cases("same")

    case = without_baseline(alone, "main has no new.py.")

    assert exit_code([case]) == 0
    (suite,) = ET.fromstring(as_junit([case]))  # noqa: S314 - our own text
    assert suite.get("skipped") == "1"
    (skipped,) = suite.iter("skipped")
    assert (skipped.text or "").startswith("main has no new.py.")
    assert "main has no new.py." in as_markdown([case])
    assert "not compared" in as_markdown([case])


@pytest.mark.parametrize("verdict", ["rejected", "slower"])
def test_what_went_wrong_stays_wrong_without_a_baseline(verdict: str) -> None:
    (case,) = cases(verdict)

    assert without_baseline(case, "main has no new.py.") == case


def test_junit_counts_what_it_holds_and_is_xml_whatever_a_job_printed() -> None:
    found = [*cases("slower"), *cases("ambiguous"), *cases("rejected"), *cases("same")]

    (suite,) = ET.fromstring(as_junit(found))  # noqa: S314 - our own text

    counts = [suite.get(name) for name in ("tests", "failures", "errors", "skipped")]
    assert counts == ["4", "1", "1", "1"]
    tags = [child.tag for case in suite for child in case]
    assert tags == ["failure", "skipped", "error", "system-out"]


def test_markdown_has_a_row_a_case_which_names_cannot_break() -> None:
    text = as_markdown(cases("ambiguous"))

    (row,) = (line for line in text.splitlines() if line.startswith("| bench |"))
    assert row.count("|") == 5
    assert "<b>" not in row
    assert "12 s more" in text


def test_a_slowdown_from_one_process_says_what_would_prove_it() -> None:
    (found,) = cases("slower", n_processes=1)

    assert found.text.startswith("Not proven: slower in one process")
    assert "time_budget_s" in found.text
