"""The largest answers that a call of benchmark_fn may bring stay below what a model is handed."""

import json
from typing import Any

import pytest

from jax_workbench.sandbox.policy import PoolStatus
from jax_workbench.server.envelope import Facts, envelope, run_of
from jax_workbench.server.run_store import Artifact
from jax_workbench.tools.benchmark_fn import BenchmarkFnAnswer, BenchmarkFnAsk
from jax_workbench.tools.benchmark_fn.answer import put_together
from jax_workbench.tools.benchmark_fn.evidence import Evidence, Timed
from jax_workbench.tools.benchmark_fn.messages import (
    ClockRatio,
    Refusal,
    Spread,
    TimedCheck,
    TimedPair,
    TimedVariant,
    TimerReport,
    Traced,
)
from jax_workbench.tools.benchmark_fn.sweep_answer import put_sizes_together
from jax_workbench.tools.benchmark_fn.work_messages import Peaks, ProgramWork
from tests.answer_size import MAX_TOKENS, n_tokens

NAMES = [f"{n} {'a long name ' * 6}"[:64] for n in range(8)]
THIRD = 1e5 / 3
SPREAD = Spread(
    min=THIRD, q10=THIRD * 1.1, median=THIRD * 1.2, q90=THIRD * 2, ci_low=THIRD, ci_high=THIRD * 2
)
LEAVES = tuple(f"args[{n}]{'[layer]' * 60}"[:400] for n in range(300))
STATUS = PoolStatus("full", "", "", True, 1, 0, 0, "cpu", "cpu", 2, 2048)


def variant(name: str) -> TimedVariant:
    """With every number there is, each as long as a number gets, and every ground for a note."""
    work = ProgramWork(
        flops={"f32": THIRD, "f64": THIRD},
        is_lower_bound=True,
        n_bytes=THIRD,
        dead_flops=THIRD,
        fixed_flops=THIRD,
        hoisted_flops=THIRD,
        uncounted=tuple(f"primitive_{n}_of_a_long_name" for n in range(300)),
        float_types=("bf16", "f16", "f32", "f64"),
        dot_precision=2,
    )
    return TimedVariant(
        name=name,
        wall_us=SPREAD,
        cpu_us=SPREAD,
        n_blocks=10**6,
        calls_per_block=10**6,
        compile_s=1 / 3,
        first_call_s=1 / 3,
        flops=THIRD,
        least_flops=THIRD * 1e9,
        open_loops=10**6,
        work=work,
        temp_bytes=10**12,
        output_bytes=10**12,
        const_bytes=10**12,
        unused_inputs=LEAVES,
    )


def pair(name: str) -> TimedPair:
    ratio = ClockRatio(
        ratio=1 / 3, low=1 / 3.1, high=1 / 2.9, confidence=1 / 1.1, verdict="ambiguous",
        min_detectable=1 / 7, more_s=1e4 / 3,
    )  # fmt: skip
    return TimedPair(candidate=name, is_identical=False, wall=ratio, cpu=ratio)


def evidence(names: list[str], *, sizes: dict[str, int] | None = None, **changes: Any) -> Evidence:
    checks = [
        TimedCheck(code="outputs_equal", ok=False, text=f"{name}: {'differs there, ' * 300}")
        for name in names
    ]
    report = TimerReport(
        variants=tuple(variant(name) for name in names),
        pairs=tuple(pair(name) for name in names[1:]),
        checks=(*checks, *checks),
        dispatch_floor_us=THIRD * 2,
        measured_s=100 / 3,
        is_decided=True,
        cpu_per_wall=1 / 3,
        n_sets=1,
        inputs_are_equal=True,
        inputs=tuple(f"{leaf}: float32[3,4]" for leaf in LEAVES[:32]),
        outputs=tuple(f"{leaf}: float32[3,4]" for leaf in LEAVES[:32]),
        platform="cpu",
        xla_flags="--xla_some_flag=true " * 100,
        peaks=Peaks(
            gflops={"f32": 100 / 3, "f64": 50 / 3},
            gbps=20 / 3,
            working_set_bytes=10**9,
            by_cpu_time=True,
            age_s=1 / 3,
            n_blocks=9,
        ),
    )
    ask = BenchmarkFnAsk.model_validate(
        {
            "variants": [{"name": name, "code": "-"} for name in names],
            "sweep": {} if not sizes else {"n": [1]},
            "check_outputs": False,
        }
    )
    claim = Traced(in_paths=LEAVES, out_paths=LEAVES, trace_s=1 / 3, lower_s=1 / 3)
    timed = Timed(report, 1 / 3, 1 / 3, wall_s=1.0)
    facts: dict[str, Any] = {
        "claims": dict.fromkeys(names, claim),
        "refused": {},
        "sizes": sizes or {},
        **changes,
    }
    return Evidence(ask, names[0], timed=timed, second=timed, **facts)


def tokens_of(answer: BenchmarkFnAnswer) -> int:
    """Of the whole answer, with as many files as there may be."""
    files = [f"program_{name}.bin" for name in NAMES]
    files += ["samples.json", "timing.png", "scaling.png", "reproduce.py"]
    artifacts = [Artifact(name, "application/octet-stream", b"1" * 99_999) for name in files]
    ask = BenchmarkFnAsk.model_validate({"variants": [{"name": "a", "code": "b"}]})
    run = run_of("0" * 32, "benchmark_fn", ask, Facts(1 / 3, 1 / 3, 1 / 3, 1 / 3), STATUS)
    told = envelope(answer, artifacts, run)
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return n_tokens(text)


def test_eight_variants_with_everything_to_say_fit() -> None:
    assert tokens_of(put_together(evidence(NAMES))) < MAX_TOKENS


def test_eight_refusals_with_long_texts_fit() -> None:
    refused = {
        name: Refusal(reason="user_code_failed", text="It raised: " + "because " * 1000)
        for name in NAMES[1:]
    }

    assert tokens_of(put_together(evidence(NAMES, refused=refused))) < MAX_TOKENS


@pytest.mark.parametrize("shape", [(2, 8), (8, 2), (1, 8)])
def test_sweeps_as_wide_as_they_may_be_fit(shape: tuple[int, int]) -> None:
    n_variants, n_sizes = shape
    each = [evidence(NAMES[:n_variants], sizes={"n": 10**6 * 2**n}) for n in range(n_sizes)]

    assert tokens_of(put_sizes_together(each, "n", None)) < MAX_TOKENS


def test_what_has_no_room_is_counted_by_its_code() -> None:
    answer = put_together(evidence(NAMES))

    assert answer.result is not None
    assert answer.notes[-1].code == "notes_left_out"
    assert "constants_baked_in (8)" in answer.notes[-1].text
    left_out = [check for check in answer.result.checks if check.code == "left_out"]
    assert [check.ok for check in left_out] == [False, True]
    assert "outputs_equal (" in left_out[0].text
    assert answer.result.environment.inputs[-1] == "and 27 more"
    assert answer.result.environment.inputs[0].endswith(": float32[3,4]")
