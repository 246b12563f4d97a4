"""How near to a roof a time is said to be, and which checks speak of it; numbers are made up."""

from typing import Any

import pytest

from jax_workbench.tools.benchmark_fn.attainable import attained, is_too_fast
from jax_workbench.tools.benchmark_fn.messages import (
    Refusal,
    Spread,
    TimedVariant,
    TimerReport,
)
from jax_workbench.tools.benchmark_fn.program_checks import program_checks
from jax_workbench.tools.benchmark_fn.work_messages import Peaks, ProgramWork

WALL = Spread(min=190, q10=195, median=200, q90=230, ci_low=199, ci_high=201)
CPU = Spread(min=90, q10=95, median=100, q90=130, ci_low=99, ci_high=101)
FLOOR_US = 10.0


def peaks(**changes: Any) -> Peaks:
    facts: dict[str, Any] = {
        "gflops": {"f32": 50.0, "f64": 25.0},
        "gbps": 10.0,
        "working_set_bytes": 1_000_000,
        "by_cpu_time": True,
        "age_s": 0.1,
        "n_blocks": 20,
    }
    return Peaks(**{**facts, **changes})


def variant(work: ProgramWork | None, **changes: Any) -> TimedVariant:
    facts: dict[str, Any] = {"wall_us": WALL, "cpu_us": CPU, "work": work}
    return TimedVariant(name="a", **{**facts, **changes})


# 4e6 flops at 50 GFLOP/s are 80 us, 2e5 bytes at 10 GB/s are 20 us.
PRODUCT = ProgramWork(flops={"f32": 4e6}, n_bytes=2e5)
SUM = ProgramWork(flops={"f32": 1e5}, n_bytes=5e5)


def test_the_nearer_roof_bounds_and_its_time_is_the_share() -> None:
    compute, memory = (
        attained(variant(PRODUCT), peaks(), FLOOR_US),
        attained(variant(SUM), peaks(), FLOOR_US),
    )

    assert (compute.bound, memory.bound) == ("compute", "memory")
    assert compute.pct == pytest.approx(80)
    assert memory.pct == pytest.approx(50)


def test_each_type_has_its_own_peak_and_others_that_of_float32() -> None:
    work = ProgramWork(flops={"f64": 1e6, "i32": 1e6}, n_bytes=0)

    assert attained(variant(work), peaks(), FLOOR_US).pct == pytest.approx(40 + 20)


def test_on_several_cores_wall_time_is_compared() -> None:
    found = attained(variant(PRODUCT), peaks(by_cpu_time=False), FLOOR_US)

    assert found.pct == pytest.approx(40)


def test_far_below_both_roofs_neither_is_what_bounds() -> None:
    found = attained(variant(ProgramWork(flops={"f32": 1e5}, n_bytes=1e4)), peaks(), FLOOR_US)

    assert found.bound == "unknown"
    assert found.pct == pytest.approx(2)


@pytest.mark.parametrize(
    ("found", "measured", "floor_us", "bound"),
    [
        pytest.param(variant(PRODUCT), peaks(), 41.0, "overhead", id="near the cost of a call"),
        pytest.param(variant(PRODUCT), None, FLOOR_US, "unknown", id="nothing probed"),
        pytest.param(
            variant(ProgramWork(flops={"f32": 4e6}, is_lower_bound=True)),
            peaks(),
            FLOOR_US,
            "unknown",
            id="lower bound",
        ),
        pytest.param(variant(PRODUCT, wall_us=None), peaks(), FLOOR_US, "unknown", id="untimed"),
    ],
)
def test_there_is_no_share_without_a_count_and_a_peak(
    found: TimedVariant, measured: Peaks | None, floor_us: float, bound: str
) -> None:
    near = attained(found, measured, floor_us)

    assert near.pct is None
    assert near.bound == bound


def test_twice_the_peak_is_too_fast_and_half_of_it_is_not() -> None:
    assert is_too_fast(variant(PRODUCT, least_flops=1.1e7), peaks())
    assert not is_too_fast(variant(PRODUCT, least_flops=9e6), peaks())
    assert not is_too_fast(variant(PRODUCT, least_flops=1.1e9), None)


def checks(*variants: TimedVariant, **report: Any) -> dict[str, tuple[bool, str]]:
    found = program_checks(TimerReport(variants=variants, **report))
    return {check.code: (check.ok, check.text) for check in found}


def test_a_clean_program_passes_every_check() -> None:
    found = checks(variant(PRODUCT), peaks=peaks())

    assert all(ok for ok, _ in found.values())
    assert set(found) == {
        "inputs_used", "constants_small", "no_dead_code", "no_constant_work", "no_repeated_work",
        "work_counted", "same_precision", "no_host_calls", "no_recompilation", "plausible_speed",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "changes", "work", "words"),
    [
        ("inputs_used", {"unused_inputs": ("args[1]",)}, {}, "args[1]"),
        ("constants_small", {"const_bytes": 3 * 2**20}, {}, "3.0 MiB"),
        ("no_dead_code", {}, {"dead_flops": 1e6}, "1e+06 flops beside 4e+06"),
        ("no_constant_work", {}, {"fixed_flops": 1e6}, "depend on no input"),
        ("no_repeated_work", {}, {"hoisted_flops": 1e6}, "same in every turn"),
        ("work_counted", {"open_loops": 2}, {}, "2 loops"),
        ("work_counted", {}, {"uncounted": ("ApproxTopK",)}, "ApproxTopK"),
        ("plausible_speed", {"least_flops": 1e9}, {}, "faster than twice the peak"),
    ],
)
def test_what_is_wrong_is_said_of_the_variant(
    code: str, changes: dict[str, Any], work: dict[str, Any], words: str
) -> None:
    wrong = variant(PRODUCT.model_copy(update=work), **changes)

    found = checks(wrong, peaks=peaks())

    assert [c for c, (ok, _) in found.items() if not ok] == [code]
    assert found[code][1].startswith("a: ")
    assert words in found[code][1]


def test_small_shares_are_not_worth_a_word() -> None:
    work = PRODUCT.model_copy(update={"dead_flops": 1e4, "fixed_flops": 1e4, "hoisted_flops": 1e4})

    assert all(ok for ok, _ in checks(variant(work)).values())


def test_floats_are_listed_and_a_coarser_candidate_is_told() -> None:
    base = PRODUCT.model_copy(update={"float_types": ("f32",), "dot_precision": 2})
    low = PRODUCT.model_copy(update={"float_types": ("bf16", "f32"), "dot_precision": 0})
    named = variant(low).model_copy(update={"name": "b"})

    assert checks(variant(base))["same_precision"] == (True, "a: f32 (products: highest).")
    ok, text = checks(variant(base), named)["same_precision"]
    assert not ok
    assert text == "b: computes in bf16, the first variant does not."


def test_compilations_during_the_rounds_are_told() -> None:
    assert not checks(variant(PRODUCT), n_compilations=3)["no_recompilation"][0]


def test_nothing_is_checked_where_nothing_was_timed() -> None:
    refused = Refusal(reason="unreadable", text="-")

    assert checks(variant(PRODUCT, refused=refused)) == {}
