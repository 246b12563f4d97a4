"""Puts the sizes of a sweep together into one answer. Runs in the server."""

from collections.abc import Iterable, Iterator, Sequence

from jax_workbench.tools.benchmark_fn import (
    BenchmarkFnAnswer,
    BenchmarkFnResult,
    Check,
    Environment,
    Scaling,
    Status,
)
from jax_workbench.tools.benchmark_fn.answer import result_of, status_of
from jax_workbench.tools.benchmark_fn.evidence import Evidence
from jax_workbench.tools.benchmark_fn.notes import info, notes_of, warning
from jax_workbench.tools.benchmark_fn.room import fitted
from jax_workbench.tools.benchmark_fn.scaling import FLOORS, Point, exponent_of
from jax_workbench.tools.benchmark_fn.summary import next_calls, sweep_summary_of
from jax_workbench.tools.contract import Note
from jax_workbench.tools.errors import ToolError

WORST_FIRST: tuple[Status, ...] = ("rejected", "partial", "ambiguous", "compared", "measured")


def put_sizes_together(
    evidences: Sequence[Evidence], parameter: str, failure: ToolError | None
) -> BenchmarkFnAnswer:
    """Answer a sweep; `failure` is what ended it before its last size."""
    results = [result_of(evidence) for evidence in evidences]
    ask = evidences[0].ask
    whole = BenchmarkFnResult(
        variants=tuple(v for result in results for v in result.variants),
        comparisons=tuple(c for result in results for c in result.comparisons),
        scaling=tuple(scalings(evidences, parameter)),
        checks=tuple(checks(results)),
        environment=environment(results),
    )
    statuses = {status_of(e, r) for e, r in zip(evidences, results, strict=True)}
    if failure:
        statuses.add("partial")
    answer = BenchmarkFnAnswer(
        status=next(word for word in WORST_FIRST if word in statuses),
        summary=sweep_summary_of(whole, parameter),
        result=whole,
        notes=tuple(notes(evidences, results, whole, failure)),
        next=next_calls(ask, whole),
    )
    return fitted(answer)


def scalings(evidences: Sequence[Evidence], parameter: str) -> Iterator[Scaling]:
    """The exponent of each variant, where enough of its times are its own."""
    for variant in evidences[0].ask.variants:
        points = [p for e in evidences if (p := point(e, variant.name))]
        if found := exponent_of(points):
            yield Scaling(
                variant=variant.name,
                parameter=parameter,
                exponent=found.exponent,
                ci_low=found.low,
                ci_high=found.high,
                range=(found.first, found.last),
            )


def point(evidence: Evidence, name: str) -> Point | None:
    """Time of a variant at one size: CPU time on a busy host, if that is time; else wall."""
    found, conditions = evidence.timed.variant(name), evidence.timed.conditions()
    if found is None or evidence.refusal(name) or evidence.size is None:
        return None
    by_cpu = conditions.contended and conditions.cpu_time_is_time
    spread = found.cpu_us if by_cpu else found.wall_us
    if spread is None:
        return None
    floor_us = evidence.timed.report.dispatch_floor_us or 0.0
    return Point(evidence.size, spread.median, spread.ci_low, spread.ci_high, floor_us)


def checks(results: Iterable[BenchmarkFnResult]) -> Iterator[Check]:
    """Each check once if it held at every size; where it failed, as it failed."""
    held: dict[str, int] = {}
    failed: list[Check] = []
    for result in results:
        size = result.variants[0].size
        for check in result.checks:
            if check.ok:
                held[check.code] = held.get(check.code, 0) + 1
            else:
                failed.append(check.model_copy(update={"text": f"At size {size}: {check.text}"}))
    yield from failed
    for code, n in held.items():
        yield Check(code=code, ok=True, text=f"Held {n} times over all variants and sizes.")


def environment(results: Sequence[BenchmarkFnResult]) -> Environment:
    """The worst of all sizes, with the inputs of the last."""
    parts = [result.environment for result in results]

    def most(values: Iterable[float | None]) -> float | None:
        return max((value for value in values if value is not None), default=None)

    used = [part.cpu_per_wall for part in parts if part.cpu_per_wall is not None]
    return parts[-1].model_copy(
        update={
            "contended": any(part.contended for part in parts),
            "stalled_share": most(part.stalled_share for part in parts),
            "steal_share": most(part.steal_share for part in parts),
            "cpu_per_wall": min(used, default=None),
            "measured_s": sum(part.measured_s for part in parts),
            "input_sets": min(part.input_sets for part in parts),
        }
    )


def notes(
    evidences: Sequence[Evidence],
    results: Sequence[BenchmarkFnResult],
    whole: BenchmarkFnResult,
    failure: ToolError | None,
) -> Iterator[Note]:
    """Each code once, with the sizes that it was found at; first what is missing."""
    if failure:
        last = evidences[-1].size
        yield warning(
            "sweep_cut_short",
            f"Sizes above {last} are missing. {failure.cause} {failure.next_step}",
        )
    fitted = {scaling.variant for scaling in whole.scaling}
    if missing := [v.name for v in evidences[0].ask.variants if v.name not in fitted]:
        yield info(
            "scaling_not_fitted",
            f"No exponent for {', '.join(missing)}: it needs times of over {FLOORS:g} dispatch "
            "floors at three sizes or more; sweep larger sizes.",
        )
    found: dict[str, list[tuple[int | None, Note]]] = {}
    for evidence, result in zip(evidences, results, strict=True):
        for note in notes_of(evidence, result):
            found.setdefault(note.code, []).append((evidence.size, note))
    for said in found.values():
        size, first = said[0]
        others = sorted({str(other) for other, _ in said if other != size})
        also = f" Also at {', '.join(others)}." if others else ""
        yield first.model_copy(update={"text": f"At size {size}: {first.text}{also}"})
