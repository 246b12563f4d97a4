from typing import Any

import pytest

from jax_workbench.tools.benchmark_fn.judge import (
    Conditions,
    Ruling,
    agree,
    confirm,
    doubt,
    is_close,
    needs_second_opinion,
    rule,
)
from jax_workbench.tools.benchmark_fn.messages import ClockRatio, TimedPair

QUIET = Conditions(n_cores=1, platform="cpu", stalled_share=0.05, cpu_per_wall=0.99)
BUSY = Conditions(n_cores=1, platform="cpu", stalled_share=0.9, cpu_per_wall=0.5)


def ratio(value: float, verdict: Any) -> ClockRatio:
    return ClockRatio(
        ratio=value,
        low=value * 0.99,
        high=value * 1.01,
        confidence=0.98,
        verdict=verdict,
        min_detectable=0.03,
        more_s=None,
    )


FASTER, SLOWER = ratio(0.8, "faster"), ratio(1.25, "slower")
SAME, UNCLEAR, UNCLEAR_BELOW = (
    ratio(1.0, "same"),
    ratio(1.02, "ambiguous"),
    ratio(0.98, "ambiguous"),
)


def ruled(wall: ClockRatio | None, cpu: ClockRatio | None, conditions: Conditions) -> Any:
    found = rule(TimedPair(candidate="b", is_identical=False, wall=wall, cpu=cpu), conditions)
    return found.verdict, found.reason, found.clock


@pytest.mark.parametrize(
    ("wall", "cpu", "expected"),
    [
        pytest.param(FASTER, FASTER, ("faster", "beyond_min_effect", "wall"), id="both agree"),
        pytest.param(SAME, SAME, ("same", "within_min_effect", "wall"), id="both the same"),
        pytest.param(UNCLEAR, SLOWER, ("slower", "beyond_min_effect", "cpu"), id="wall is silent"),
        pytest.param(
            FASTER, UNCLEAR_BELOW, ("faster", "beyond_min_effect", "wall"), id="cpu silent"
        ),
        pytest.param(FASTER, UNCLEAR, ("ambiguous", "clocks_disagree", "wall"), id="other sign"),
        pytest.param(FASTER, SLOWER, ("ambiguous", "clocks_disagree", "wall"), id="opposed"),
        pytest.param(UNCLEAR, UNCLEAR, ("ambiguous", "too_noisy", "cpu"), id="neither knows"),
        pytest.param(None, None, ("ambiguous", "too_few_blocks", "wall"), id="no interval"),
    ],
)
def test_on_a_quiet_host_wall_time_leads_and_cpu_time_may_not_contradict(
    wall: ClockRatio | None, cpu: ClockRatio | None, expected: tuple[str, str, str]
) -> None:
    assert ruled(wall, cpu, QUIET) == expected


def test_on_a_busy_host_cpu_time_decides_alone() -> None:
    assert ruled(FASTER, SAME, BUSY) == ("same", "within_min_effect", "cpu")
    assert ruled(FASTER, SLOWER, BUSY) == ("slower", "beyond_min_effect", "cpu")


def test_on_several_cores_wall_time_decides_and_a_busy_host_needs_both() -> None:
    quiet = Conditions(n_cores=4, platform="cpu", stalled_share=0.0, cpu_per_wall=3.1)
    busy = Conditions(n_cores=4, platform="cpu", stalled_share=0.5, cpu_per_wall=2.0)

    assert ruled(FASTER, SLOWER, quiet) == ("faster", "beyond_min_effect", "wall")
    assert ruled(FASTER, SLOWER, busy) == ("ambiguous", "contended", "wall")
    assert ruled(FASTER, FASTER, busy) == ("faster", "beyond_min_effect", "wall")


def test_on_an_accelerator_cpu_time_says_nothing() -> None:
    gpu = Conditions(n_cores=1, platform="gpu", stalled_share=0.9, cpu_per_wall=0.1)

    assert ruled(FASTER, SLOWER, gpu) == ("faster", "beyond_min_effect", "wall")


def test_the_same_program_needs_no_clock() -> None:
    pair = TimedPair(candidate="b", is_identical=True, wall=SLOWER, cpu=None)

    found = rule(pair, BUSY)

    assert (found.verdict, found.reason) == ("same", "identical_program")


@pytest.mark.parametrize(
    ("conditions", "contended"),
    [
        (QUIET, False),
        (Conditions(1, "cpu", 0.21, 0.99), True),
        (Conditions(1, "cpu", 0.0, 0.89), True),
        (Conditions(1, "cpu", None, 0.99), False),
        (Conditions(2, "cpu", 0.0, 0.5), False),
    ],
)
def test_a_host_is_contended_by_pressure_or_by_preemption_of_one_core(
    conditions: Conditions,
    contended: bool,  # noqa: FBT001 - a table
) -> None:
    assert conditions.contended is contended


def huge(value: float = 0.05) -> Ruling:
    return Ruling("faster", "beyond_min_effect", "cpu", ratio(value, "faster"))


def test_a_speed_up_over_ten_times_needs_a_second_process() -> None:
    def pair(value: float) -> TimedPair:
        found = ratio(value, "faster")
        return TimedPair(candidate="b", is_identical=False, wall=found, cpu=found)

    assert needs_second_opinion(pair(0.09), QUIET)
    assert not needs_second_opinion(pair(0.11), QUIET)


def test_a_second_process_confirms_by_the_same_verdict_and_about_the_same_ratio() -> None:
    assert confirm(huge(), huge(0.07), has_run=True) == huge()


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(huge(0.5), id="another ratio"),
        pytest.param(Ruling("same", "within_min_effect", "cpu", SAME), id="another verdict"),
        pytest.param(None, id="it was refused there"),
    ],
)
def test_a_second_process_that_disagrees_takes_the_verdict_back(second: Ruling | None) -> None:
    found = confirm(huge(), second, has_run=True)

    assert (found.verdict, found.reason) == ("ambiguous", "second_opinion_disagrees")


def test_without_a_second_process_a_huge_speed_up_is_not_reported() -> None:
    found = confirm(huge(), None, has_run=False)

    assert (found.verdict, found.reason) == ("ambiguous", "second_opinion_missing")


def test_impossible_times_take_a_difference_back_and_leave_the_rest() -> None:
    same = Ruling("same", "within_min_effect", "wall", SAME)

    assert doubt(huge()).reason == "timing_suspect"
    assert doubt(same) == same


def close(value: float, verdict: Any = "faster") -> Ruling:
    return Ruling(verdict, "beyond_min_effect", "cpu", ratio(value, verdict))


@pytest.mark.parametrize(
    ("ruling", "expected"),
    [
        (close(0.9), True),
        (close(1.1, "slower"), True),
        (close(0.7), False),
        (close(1.4, "slower"), False),
        (close(1.0, "same"), False),
        (close(0.99, "ambiguous"), False),
    ],
)
def test_small_called_differences_are_close(ruling: Ruling, *, expected: bool) -> None:
    assert is_close(ruling) == expected


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(close(0.91), id="the same verdict"),
        pytest.param(close(0.905, "ambiguous"), id="undecided, and it points the same way"),
        pytest.param(None, id="it was not timed there"),
    ],
)
def test_a_close_verdict_stands_that_a_second_process_does_not_contradict(
    second: Ruling | None,
) -> None:
    assert agree(close(0.9), second) == close(0.9)


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(close(1.0, "same"), id="no difference"),
        pytest.param(close(1.1, "slower"), id="the other way"),
        pytest.param(close(1.005, "ambiguous"), id="undecided, and it points the other way"),
        pytest.param(close(0.97, "ambiguous"), id="undecided, far from the first"),
    ],
)
def test_a_close_verdict_falls_that_a_second_process_contradicts(second: Ruling) -> None:
    found = agree(close(0.9), second)

    assert (found.verdict, found.reason) == ("ambiguous", "processes_disagree")
