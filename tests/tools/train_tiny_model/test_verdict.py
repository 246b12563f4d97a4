from typing import Any

import pytest

from jax_workbench.tools.train_tiny_model.loop import Trained
from jax_workbench.tools.train_tiny_model.verdict import verdict_of

NO_CARRY: Any = None


def trained(**facts: Any) -> Trained:
    return Trained(NO_CARRY, **facts)


@pytest.mark.parametrize(
    ("facts", "still_falls", "verdict"),
    [
        ({"step": 0, "stopped": "budget"}, False, "stopped_by_budget"),
        ({"step": 40, "stopped": "budget"}, True, "stopped_by_budget"),
        ({"step": 40, "stopped": "budget"}, False, "no_learning"),
        ({"step": 400, "stopped": "steps"}, True, "no_learning"),
    ],
)
def test_time_that_ended_early_is_no_proof_that_nothing_was_learnt(
    *, facts: dict[str, Any], still_falls: bool, verdict: str
) -> None:
    found = verdict_of(trained(**facts), [], has_learnt=False, still_falls=still_falls)

    assert found == verdict


def test_a_model_that_learnt_and_rests_has_converged() -> None:
    found = verdict_of(trained(step=9, stopped="early"), [], has_learnt=True, still_falls=False)

    assert found == "converged"
