"""What the reader of a benchmark must know, by stable codes. Runs in the server."""

from collections.abc import Iterator

from jax_workbench.tools.benchmark_fn import BenchmarkFnResult, Comparison
from jax_workbench.tools.benchmark_fn.evidence import Evidence
from jax_workbench.tools.benchmark_fn.messages import N_ROTATING
from jax_workbench.tools.benchmark_fn.summary import us
from jax_workbench.tools.contract import Note

BAKED_IN_BYTES = 2**20
SMALL_DIFFERENCE = 0.1
AMBIGUITIES = {
    "too_noisy": "The interval reaches over the smallest effect; give it more time_budget_s.",
    "too_few_blocks": "Too few calls fitted into the time; raise time_budget_s and timeout_s.",
    "clocks_disagree": "Wall and CPU time point different ways; measure on a quieter host.",
    "contended": "The host was busy, and with several cores only wall time counts; "
    "set threads to 1, or measure on a quieter host.",
    "second_opinion_disagrees": "A second process did not confirm the speed-up; measure again.",
    "processes_disagree": "A second, fresh process did not show this difference: it may come from "
    "how the first one lay in memory; measure again.",
    "second_opinion_missing": "The speed-up is too large to be believed from one process, and "
    "there was no time for a second; raise timeout_s.",
    "timing_suspect": "It seems to compute faster than the core can; its work was optimised away.",
}


def notes_of(evidence: Evidence, result: BenchmarkFnResult) -> Iterator[Note]:
    """All notes of one answer, warnings first."""
    found = [
        *refusals(evidence),
        *rulings(result),
        *stored(evidence),
        *conditions(evidence, result),
        *programs(evidence, result),
        *in_process(evidence),
    ]
    yield from sorted(found, key=lambda note: note.severity != "warning")


def warning(code: str, text: str) -> Note:
    """Something that puts a number in doubt."""
    return Note(code=code, severity="warning", text=text)


def info(code: str, text: str) -> Note:
    """Something good to know."""
    return Note(code=code, severity="info", text=text)


def refusals(evidence: Evidence) -> Iterator[Note]:
    """Why candidates were rejected."""
    for variant in evidence.ask.variants:
        if refused := evidence.refusal(variant.name):
            yield warning(refused.reason, f"{variant.name} is rejected. {refused.text}")


def rulings(result: BenchmarkFnResult) -> Iterator[Note]:
    """Why comparisons are ambiguous, and how far the others reach."""
    for comparison in result.comparisons:
        if comparison.verdict == "ambiguous" and comparison.reason in AMBIGUITIES:
            yield warning(
                comparison.reason, f"{comparison.candidate}: {AMBIGUITIES[comparison.reason]}"
            )
        elif comparison.n_processes > 1:
            text = "a second, fresh process showed about the same ratio."
            yield info("second_opinion", f"{comparison.candidate}: {text}")
        elif is_small(comparison):
            yield info(
                "single_process",
                f"{comparison.candidate}: a difference this small may come from how one process "
                "happens to lie in memory; call again before relying on it.",
            )


def is_small(comparison: Comparison) -> bool:
    """Whether a called difference is within what another process may give."""
    if comparison.verdict not in {"faster", "slower"} or comparison.time_ratio is None:
        return False
    return 1 / (1 + SMALL_DIFFERENCE) < comparison.time_ratio < 1 + SMALL_DIFFERENCE


def stored(evidence: Evidence) -> Iterator[Note]:
    """That the baseline is a stored program, and how its time has moved since."""
    timed = evidence.timed.variant(evidence.baseline)
    if evidence.stored is None or timed is None or timed.wall_us is None:
        return
    then, now = evidence.stored.wall_us, timed.wall_us.median
    yield info(
        "stored_baseline",
        f"{evidence.baseline} is a stored program, timed again beside the others: {us(now)} a call "
        f"now, {us(then)} when it was stored. The ratio compares the code alone, not the host then "
        "and now.",
    )


def conditions(evidence: Evidence, result: BenchmarkFnResult) -> Iterator[Note]:
    """What the host and the inputs were like."""
    environment, report = result.environment, evidence.timed.report
    if environment.contended:
        stalled = environment.stalled_share
        share = (
            "" if stalled is None else f": for {stalled:.0%} of the time something waited for a CPU"
        )
        clock = "CPU time decides" if environment.n_cores == 1 else "wall time may mislead"
        yield warning("contended", f"The host was busy{share}; {clock}.")
    if any(not check.ok and check.code == "host_clock_agrees" for check in result.checks):
        yield warning("timing_suspect", "The timer claims more time than the host saw pass.")
    if report.inputs_are_equal:
        yield warning(
            "inputs_not_random",
            "The inputs don't depend on the seed, so results could be known in advance.",
        )
    if report.n_sets < N_ROTATING:
        yield info(
            "few_input_sets",
            f"Calls are slow, so {report.n_sets} input set{'s' * (report.n_sets > 1)} instead of "
            f"{N_ROTATING} had to do.",
        )
    if not evidence.ask.check_outputs and result.comparisons:
        yield warning("outputs_not_checked", "The variants may compute different things.")


def in_process(evidence: Evidence) -> Iterator[Note]:
    """What is peculiar about times that were taken beside user code, or on simulated devices."""
    if evidence.ask.devices > 1:
        yield info(
            "simulated_devices",
            f"{evidence.ask.devices} devices were simulated on the same cores: no speed of a real "
            "machine follows.",
        )
    if evidence.ask.mode != "as_called":
        return
    yield info(
        "in_process",
        "Calls were timed in one process with the code, which could have reached the clock.",
    )
    if evidence.programs is None:
        yield warning(
            "not_cross_checked",
            "The baseline can't be exported, so no program says how fast its work can be at best.",
        )
        return
    for variant in evidence.ask.variants:
        called = evidence.timed.variant(variant.name)
        program = evidence.programs.variant(variant.name)
        if called and program and called.cpu_us and program.cpu_us:
            ratio = called.cpu_us.median / program.cpu_us.median
            yield info(
                "python_overhead",
                f"{variant.name}: a call takes {us(called.cpu_us.median)} of CPU time, "
                f"{ratio:.3g} times that of its compiled program ({us(program.cpu_us.median)}).",
            )


def programs(evidence: Evidence, result: BenchmarkFnResult) -> Iterator[Note]:
    """What is peculiar about the programs that were timed."""
    for variant in result.variants:
        found = evidence.timed.variant(variant.name)
        if variant.bound == "overhead":
            yield info(
                "overhead_dominated",
                f"{variant.name}: an empty program takes {variant.dispatch_floor_us:.3g} us a "
                "call, so this is mostly the cost of calling; time more work in one call.",
            )
        if evidence.timed.is_suspect(variant.name):
            yield warning("timing_suspect", f"{variant.name}: {AMBIGUITIES['timing_suspect']}")
        if found is None or found.refused:
            continue
        if found.open_loops:
            text = f"{found.open_loops} loops end by their data; flops count one turn of each."
            yield info("open_loops", f"{variant.name}: {text}")
        if found.const_bytes > BAKED_IN_BYTES:
            text = f"{found.const_bytes / 2**20:.1f} MiB of constants are part of the program."
            yield info("constants_baked_in", f"{variant.name}: {text} Pass them as arguments.")
        if found.unused_inputs:
            names = ", ".join(found.unused_inputs[:5])
            yield warning(
                "inputs_unused", f"{variant.name}: the result does not depend on {names}."
            )
        has_claims = variant.name in evidence.claims
        if has_claims and variant.trace_s is None and variant.trust == "isolated":
            text = "its tracer claims times that the host did not see pass; they are left out."
            yield warning("claimed_times_implausible", f"{variant.name}: {text}")
