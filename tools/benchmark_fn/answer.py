"""Puts one call's answer together. Runs in the server."""

from collections.abc import Iterator

from jax_workbench.tools.benchmark_fn import (
    BenchmarkFnAnswer,
    BenchmarkFnResult,
    Check,
    Comparison,
    Environment,
    FlopsSource,
    Status,
    VariantTimes,
    WallTimes,
)
from jax_workbench.tools.benchmark_fn.attainable import attained
from jax_workbench.tools.benchmark_fn.evidence import Evidence
from jax_workbench.tools.benchmark_fn.judge import (
    Ruling,
    agree,
    comparison,
    confirm,
    doubt,
    is_close,
    needs_second_opinion,
    rejection,
    rule,
)
from jax_workbench.tools.benchmark_fn.messages import TimedVariant
from jax_workbench.tools.benchmark_fn.notes import notes_of
from jax_workbench.tools.benchmark_fn.program_checks import program_checks
from jax_workbench.tools.benchmark_fn.room import fitted
from jax_workbench.tools.benchmark_fn.summary import next_calls, summary_of


def put_together(evidence: Evidence) -> BenchmarkFnAnswer:
    """Answer a call whose baseline was timed."""
    result = result_of(evidence)
    answer = BenchmarkFnAnswer(
        status=status_of(evidence, result),
        summary=summary_of(result),
        result=result,
        notes=tuple(notes_of(evidence, result)),
        next=next_calls(evidence.ask, result),
    )
    return fitted(answer)


def result_of(evidence: Evidence) -> BenchmarkFnResult:
    """What was measured at one size."""
    names = evidence.names
    at_size = {"size": evidence.size}
    trust = "in_process" if evidence.ask.mode == "as_called" else "isolated"
    about = {**at_size, "trust": trust}
    return BenchmarkFnResult(
        variants=tuple(times_of(evidence, name).model_copy(update=about) for name in names),
        comparisons=tuple(
            compared(evidence, name).model_copy(update=at_size)
            for name in names
            if name != evidence.baseline
        ),
        checks=tuple(checks_of(evidence)),
        environment=environment_of(evidence),
    )


def compared(evidence: Evidence, name: str) -> Comparison:
    """One candidate against the baseline."""
    if refused := evidence.refusal(name):
        return rejection(evidence.baseline, name, refused)
    pair, conditions = evidence.timed.pair(name), evidence.timed.conditions()
    if pair is None:
        ruling = Ruling("ambiguous", "too_few_blocks", "wall", None)
        return comparison(evidence.baseline, name, ruling, 1)
    ruling = rule(pair, conditions)
    again = evidence.second.pair(name) if evidence.second else None
    second = rule(again, evidence.second.conditions()) if evidence.second and again else None
    n_processes = 1 if second is None else 2
    if needs_second_opinion(pair, conditions):
        ruling = confirm(ruling, second, has_run=evidence.second is not None)
    elif is_close(ruling):
        ruling = agree(ruling, second)
    if evidence.timed.is_suspect(name) or evidence.timed.is_suspect(evidence.baseline):
        ruling = doubt(ruling)
    return comparison(evidence.baseline, name, ruling, n_processes)


def times_of(evidence: Evidence, name: str) -> VariantTimes:
    """What was measured of one variant."""
    refused, found = evidence.refusal(name), evidence.timed.variant(name)
    traced = evidence.claims.get(name)
    if found is None:
        return VariantTimes(name=name, rejected=refused and refused.reason)
    wall, floor_us = found.wall_us, evidence.timed.report.dispatch_floor_us
    near = attained(found, evidence.timed.report.peaks, floor_us)
    return VariantTimes(
        name=name,
        wall_us=WallTimes(**wall.model_dump()) if wall else None,
        cpu_us=found.cpu_us.median if found.cpu_us else None,
        n_blocks=found.n_blocks,
        calls_per_block=found.calls_per_block,
        trace_s=traced.trace_s if traced else None,
        lower_s=traced.lower_s if traced else None,
        compile_s=found.compile_s,
        first_call_s=found.first_call_s,
        dispatch_floor_us=floor_us,
        flops=found.flops,
        flops_source=flops_source(found),
        bytes_accessed=found.work and found.work.n_bytes,
        gflops=found.flops / wall.median / 1e3 if wall and found.flops is not None else None,
        pct_attainable=near.pct,
        bound=near.bound,
        temp_bytes=found.temp_bytes,
        output_bytes=found.output_bytes,
        rejected=refused and refused.reason,
    )


def flops_source(found: TimedVariant) -> FlopsSource:
    """How far the count of operations can be trusted."""
    if found.flops is None:
        return "none"
    is_lower_bound = bool(found.work and found.work.is_lower_bound)
    return "lower_bound" if found.open_loops or is_lower_bound else "artifact"


def checks_of(evidence: Evidence) -> Iterator[Check]:
    """What was verified, by the timer and by the host."""
    for check in evidence.timed.report.checks:
        yield Check(code=check.code, ok=check.ok, text=check.text)
    yield from program_checks(evidence.timed.report)
    claimed_s, wall_s = evidence.timed.report.measured_s, evidence.timed.wall_s
    yield Check(
        code="host_clock_agrees",
        ok=claimed_s <= wall_s,
        text=f"The timer measured for {claimed_s:.1f} s; its job took {wall_s:.1f} s by the host.",
    )


def environment_of(evidence: Evidence) -> Environment:
    """Where it was measured, and what disturbed it."""
    report, conditions = evidence.timed.report, evidence.timed.conditions()
    return Environment(
        n_cores=report.n_cores,
        contended=conditions.contended,
        stalled_share=evidence.timed.stalled_share,
        steal_share=evidence.timed.steal_share,
        cpu_per_wall=report.cpu_per_wall,
        measured_s=report.measured_s,
        input_sets=report.n_sets,
        inputs=report.inputs,
        outputs=report.outputs,
        xla_flags=report.xla_flags,
        peak_gflops=report.peaks.gflops if report.peaks else {},
        peak_gbps=report.peaks and report.peaks.gbps,
        peak_age_s=report.peaks and report.peaks.age_s,
    )


def status_of(evidence: Evidence, result: BenchmarkFnResult) -> Status:
    """The worst of the comparisons; `partial` where the call's time cut the measurement short."""
    verdicts = {comparison.verdict for comparison in result.comparisons}
    if "rejected" in verdicts:
        return "rejected"
    is_missing = any(v.wall_us is None and v.rejected is None for v in result.variants)
    report = evidence.timed.report
    was_cut = not report.is_decided and report.measured_s < 0.9 * evidence.ask.time_budget_s
    if is_missing or was_cut:
        return "partial"
    if not result.comparisons:
        return "measured"
    return "ambiguous" if "ambiguous" in verdicts else "compared"
