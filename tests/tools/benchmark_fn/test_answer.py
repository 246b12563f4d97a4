"""What is said of evidence that was made up: status, sentence, notes, next calls."""

from typing import Any

import pytest

from jax_workbench.tools.benchmark_fn import BenchmarkFnAnswer, BenchmarkFnAsk
from jax_workbench.tools.benchmark_fn.answer import put_together
from jax_workbench.tools.benchmark_fn.evidence import Evidence, Timed
from jax_workbench.tools.benchmark_fn.messages import (
    ClockRatio,
    Refusal,
    Spread,
    TimedPair,
    TimedVariant,
    TimerReport,
    Traced,
)

SPREAD = Spread(min=90, q10=95, median=100, q90=130, ci_low=99, ci_high=101)
CLAIM = Traced(in_paths=("args[0]",), out_paths=("result",), trace_s=0.1, lower_s=0.2)


def variant(name: str, **changes: Any) -> TimedVariant:
    facts: dict[str, Any] = {
        "wall_us": SPREAD,
        "cpu_us": SPREAD,
        "n_blocks": 50,
        "calls_per_block": 20,
        "compile_s": 0.5,
        "flops": 1e6,
        "least_flops": 1e6,
    }
    return TimedVariant(name=name, **{**facts, **changes})


def pair(verdict: Any, ratio: float, **changes: Any) -> TimedPair:
    found = ClockRatio(
        ratio=ratio,
        low=ratio * 0.99,
        high=ratio * 1.01,
        confidence=0.98,
        verdict=verdict,
        min_detectable=0.03,
        more_s=12.0 if verdict == "ambiguous" else None,
    )
    facts: dict[str, Any] = {"candidate": "b", "is_identical": False, "wall": found, "cpu": found}
    return TimedPair(**{**facts, **changes})


def timed(*pairs: TimedPair, stalled: float = 0.0, **changes: Any) -> Timed:
    names = ["a", *(p.candidate for p in pairs)]
    facts: dict[str, Any] = {
        "variants": tuple(variant(name) for name in names),
        "pairs": pairs,
        "dispatch_floor_us": 10.0,
        "measured_s": 10.0,
        "is_decided": True,
        "cpu_per_wall": 0.99,
        "n_sets": 3,
        "platform": "cpu",
    }
    return Timed(TimerReport(**{**facts, **changes}), stalled, 0.0, wall_s=12.0)


def answered(first: Timed, second: Timed | None = None, **changes: Any) -> BenchmarkFnAnswer:
    names = [v.name for v in first.report.variants] + list(changes.get("refused", {}))
    ask = BenchmarkFnAsk.model_validate(
        {
            "variants": [{"name": name, "code": "-"} for name in names],
            **changes.pop("ask", {}),
        }
    )
    facts: dict[str, Any] = {"claims": dict.fromkeys(names, CLAIM), "refused": {}, **changes}
    return put_together(Evidence(ask, "a", timed=first, second=second, **facts))


def notes(answer: BenchmarkFnAnswer) -> dict[str, str]:
    return {note.code: note.text for note in answer.notes}


def test_a_lone_variant_is_measured_and_its_sentence_has_the_interval() -> None:
    answer = answered(timed())

    assert answer.status == "measured"
    assert answer.summary == (
        "a takes 100 us a call (95 %: 99 us to 101 us) on 1 core; compiling took 0.50 s."
    )
    assert answer.notes == ()


@pytest.mark.parametrize(
    ("found", "status", "sentence"),
    [
        (
            pair("faster", 0.5),
            "compared",
            "b is 2.00 times as fast (time ratio 0.500 [0.495, 0.505]",
        ),
        (pair("slower", 2.0), "compared", "b is 2.00 times as slow (time ratio 2.000"),
        (pair("same", 1.0), "compared", "b is the same (time ratio 1.000"),
        (pair("same", 1.0, is_identical=True), "compared", "b is the same program (time ratio"),
        (pair("ambiguous", 1.01), "ambiguous", "b is not told apart (too_noisy; time ratio"),
        (pair("same", 1.0, wall=None, cpu=None), "ambiguous", "b could not be compared (too_few"),
    ],
)
def test_status_and_sentence_follow_the_verdict(
    found: TimedPair, status: str, sentence: str
) -> None:
    answer = answered(timed(found))

    assert answer.status == status
    assert answer.summary.startswith(sentence)


def test_one_rejected_candidate_makes_the_call_rejected_and_is_explained() -> None:
    refused = {"c": Refusal(reason="user_code_failed", text="NameError: x.")}

    answer = answered(timed(pair("faster", 0.5)), refused=refused)

    assert answer.status == "rejected"
    assert notes(answer)["user_code_failed"] == "c is rejected. NameError: x."
    assert [call.tool for call in answer.next] == ["run_jax_code"]


@pytest.mark.parametrize(
    "reason", ["outputs_differ", "not_exportable", "signature_differs", "out_of_memory"]
)
def test_each_rejection_says_what_to_do_next(reason: str) -> None:
    answer = answered(timed(), refused={"b": Refusal(reason=reason, text="So it is.")})

    (call,) = answer.next
    assert call.why.startswith("b: ")


def test_a_variant_that_the_timer_refused_has_no_times_and_its_reason() -> None:
    refused = Refusal(reason="outputs_differ", text="Far off.")
    report = timed(pair("faster", 0.5), variants=(variant("a"), variant("b", refused=refused)))

    answer = answered(report)

    assert answer.result
    assert answer.result.variants[1].rejected == "outputs_differ"
    assert answer.result.comparisons[0].verdict == "rejected"
    assert answer.result.comparisons[0].time_ratio is None


def test_a_run_that_was_cut_short_is_partial_unless_it_was_decided() -> None:
    cut = timed(pair("ambiguous", 1.01), measured_s=2.0, is_decided=False)
    early = timed(pair("faster", 0.5), measured_s=2.0, is_decided=True)

    assert answered(cut).status == "partial"
    assert answered(early).status == "compared"


def test_an_ambiguous_answer_says_how_much_time_would_decide() -> None:
    answer = answered(timed(pair("ambiguous", 1.01)))

    (call,) = answer.next
    assert (call.tool, call.arguments) == (
        "benchmark_fn",
        {"time_budget_s": 25.0, "timeout_s": 60.0},
    )
    assert answer.result
    assert answer.result.comparisons[0].more_s == 12.0


def test_on_a_busy_host_the_answer_says_so_and_gives_cpu_time() -> None:
    answer = answered(timed(stalled=0.8))

    assert "80%" in notes(answer)["contended"]
    assert "100 us of it CPU time" in answer.summary


def test_a_huge_speed_up_stands_when_a_second_process_agrees() -> None:
    answer = answered(timed(pair("faster", 0.05)), timed(pair("faster", 0.06)))

    assert answer.result
    assert answer.result.comparisons[0].verdict == "faster"
    assert answer.result.comparisons[0].n_processes == 2
    assert "second_opinion" in notes(answer)


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (None, "second_opinion_missing"),
        (timed(pair("same", 1.0)), "second_opinion_disagrees"),
    ],
)
def test_a_huge_speed_up_is_not_believed_from_one_process(
    second: Timed | None, reason: str
) -> None:
    answer = answered(timed(pair("faster", 0.05)), second)

    assert answer.status == "ambiguous"
    assert reason in notes(answer)


@pytest.mark.parametrize(
    ("second", "verdict", "code", "n_processes"),
    [
        (pair("faster", 0.94), "faster", "second_opinion", 2),
        (pair("same", 1.0), "ambiguous", "processes_disagree", 2),
        (None, "faster", "single_process", 1),
    ],
)
def test_a_close_verdict_is_checked_by_a_second_process_if_there_is_time(
    second: TimedPair | None, verdict: str, code: str, n_processes: int
) -> None:
    answer = answered(timed(pair("faster", 0.94)), timed(second) if second else None)

    assert answer.result
    (found,) = answer.result.comparisons
    assert (found.verdict, found.n_processes) == (verdict, n_processes)
    assert code in notes(answer)


def test_more_work_than_a_core_can_do_is_suspect() -> None:
    impossible = variant("b", flops=1e9, least_flops=1e9)

    answer = answered(timed(pair("faster", 0.5), variants=(variant("a"), impossible)))

    assert answer.status == "ambiguous"
    assert "timing_suspect" in notes(answer)


def test_dead_code_that_xla_dropped_is_not_held_against_it() -> None:
    dead = variant("b", flops=1e9, least_flops=1e6)

    answer = answered(timed(pair("faster", 0.5), variants=(variant("a"), dead)))

    assert answer.status == "compared"


def test_more_seconds_than_the_host_saw_are_suspect() -> None:
    answer = answered(timed(measured_s=13.0))

    assert "timing_suspect" in notes(answer)
    assert answer.result
    assert not answer.result.checks[-1].ok


def test_a_tracer_whose_claims_cannot_be_is_told_and_its_times_are_left_out() -> None:
    answer = answered(timed(), claims={"a": None})

    assert "claimed_times_implausible" in notes(answer)
    assert answer.result
    assert answer.result.variants[0].trace_s is None


def test_a_call_of_a_few_floors_is_mostly_overhead() -> None:
    answer = answered(timed(dispatch_floor_us=21.0))

    assert answer.result
    assert answer.result.variants[0].bound == "overhead"
    assert "overhead_dominated" in notes(answer)


@pytest.mark.parametrize(
    ("changes", "code", "source"),
    [
        ({"open_loops": 2}, "open_loops", "lower_bound"),
        ({"const_bytes": 3 * 2**20}, "constants_baked_in", "artifact"),
        ({"unused_inputs": ("args[1]",)}, "inputs_unused", "artifact"),
    ],
)
def test_peculiar_programs_are_told(changes: dict[str, Any], code: str, source: str) -> None:
    answer = answered(timed(variants=(variant("a", **changes),)))

    assert code in notes(answer)
    assert answer.result
    assert answer.result.variants[0].flops_source == source


def test_small_differences_come_with_the_word_that_one_process_is_one_process() -> None:
    assert "single_process" in notes(answered(timed(pair("faster", 0.95))))
    assert "single_process" not in notes(answered(timed(pair("faster", 0.5))))


def test_warnings_come_before_other_notes() -> None:
    answer = answered(timed(pair("faster", 0.95), stalled=0.5, dispatch_floor_us=50.0))

    severities = [note.severity for note in answer.notes]
    assert severities == sorted(severities, reverse=True)
    assert {"warning", "info"} == set(severities)
