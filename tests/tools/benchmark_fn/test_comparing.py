"""When a run is looked at, and what each look may get wrong."""

import pytest

from jax_workbench.tools.benchmark_fn.comparing import levels_of_looks, looks_s


@pytest.mark.parametrize("budget_s", [0.5, 1, 3, 300])
def test_the_last_look_is_at_the_whole_budget_and_all_looks_share_the_error(
    budget_s: float,
) -> None:
    looks = looks_s(budget_s)
    levels = levels_of_looks(len(looks), 0.02)

    assert looks == sorted(set(looks))
    assert looks[-1] == budget_s
    assert len(levels) == len(looks)
    assert sum(levels) == pytest.approx(0.02)
    assert max(levels) == levels[-1]
