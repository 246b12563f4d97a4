"""Each way to go wrong is named by its cause; nothing is said of a healthy run."""

from typing import Any

import pytest

from jax_workbench.tools.train_tiny_model import FINDING_CODES
from tests.tools.train_tiny_model.faults import FAULTS
from tests.tools.train_tiny_model.healthy import HEALTHY
from tests.tools.train_tiny_model.texts import Case, line_of

QUICK = frozenset(("broadcast_loss", "labels_out_of_range", "nan_in_data", "loss_overflow"))
"""Found before training; the others' detectors are also tested on made-up traces."""
N_QUICK_HEALTHY = 1


def faults() -> list[Any]:
    """Every fault; those that train are slow."""
    return [
        pytest.param(case, id=case.name, marks=[] if case.code in QUICK else [pytest.mark.slow])
        for case in FAULTS
    ]


def healthy() -> list[Any]:
    """Every healthy call; the first few are run by default."""
    return [
        pytest.param(case, id=case.name, marks=[pytest.mark.slow] if i >= N_QUICK_HEALTHY else [])
        for i, case in enumerate(HEALTHY)
    ]


each_fault = pytest.mark.parametrize("case", faults())
each_healthy = pytest.mark.parametrize("case", healthy())


@each_fault
def test_a_fault_is_named_first_with_its_evidence_line_and_repair(case: Case, call: Any) -> None:
    answer, _ = call(model="custom", code=case.text, **case.arguments)

    findings = answer["result"]["findings"]
    assert findings, answer["summary"]
    assert findings[0]["code"] == case.code, findings
    assert answer["status"] not in {"converged", "still_improving"}
    assert answer["status"] == (case.status or answer["status"])
    assert case.says in findings[0]["evidence"] + findings[0]["fix"] + str(findings[0]["layer"])
    assert findings[0]["line"] == line_of(case) or not case.at
    assert case.code in {note["code"] for note in answer["notes"]}
    assert answer["next"]


@each_healthy
def test_nothing_is_said_of_a_healthy_run(case: Case, call: Any) -> None:
    answer, _ = call(model="custom", code=case.text, **case.arguments)

    assert answer["result"]["findings"] == []
    assert all(check["ok"] for check in answer["result"]["checks"])
    assert answer["status"] in {"converged", "still_improving"}
    assert answer["result"]["metric"]["ci_low"] > answer["result"]["metric"]["baseline"]


def test_every_code_but_memory_has_a_fault_of_its_own() -> None:
    """Memory has tests of its own, since its limit is the process's."""
    assert {case.code for case in FAULTS} == FINDING_CODES - {"out_of_memory"}
