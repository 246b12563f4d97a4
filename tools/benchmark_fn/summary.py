"""The sentence that says it all, and what to call next. Runs in the server."""

import math
from collections.abc import Sequence

from jax_workbench.tools.benchmark_fn import (
    BenchmarkFnAsk,
    BenchmarkFnResult,
    Comparison,
    Environment,
    VariantTimes,
)
from jax_workbench.tools.contract import Next

MAX_BUDGET_S = 300.0
MAX_TIMEOUT_S = 600.0
OTHER_WORK_S = 30.0
"""Of a call, beside the timing itself."""


def summary_of(result: BenchmarkFnResult) -> str:
    """One sentence with the numbers: a lone variant's time, or each candidate's verdict."""
    by_name = {variant.name: variant for variant in result.variants}
    if not result.comparisons:
        return lone(result.variants[0], result.environment)
    base = by_name[result.comparisons[0].baseline]
    said = [one(comparison, by_name[comparison.candidate]) for comparison in result.comparisons]
    return f"{'; '.join(said)}; baseline {base.name} takes {typical(base)} a call."


def lone(variant: VariantTimes, environment: Environment) -> str:
    """Time of the only variant; on a busy host its CPU time as well."""
    n_cores = environment.n_cores
    cores = "1 core" if n_cores == 1 else f"{n_cores} cores"
    if variant.wall_us is None:
        return f"{variant.name} was compiled and run, but there was no time to time it."
    low, high = us(variant.wall_us.ci_low), us(variant.wall_us.ci_high)
    compiled = f"; compiling took {variant.compile_s:.2f} s" if variant.compile_s else ""
    took = f"{typical(variant)} a call (95 %: {low} to {high})"
    if environment.contended and variant.cpu_us is not None:
        took += f", {us(variant.cpu_us)} of it CPU time,"
    return f"{variant.name} takes {took} on {cores}{compiled}."


def one(comparison: Comparison, variant: VariantTimes) -> str:
    """One candidate's verdict with its ratio."""
    name = comparison.candidate
    if comparison.verdict == "rejected":
        return f"{name} is rejected ({comparison.reason})"
    if comparison.time_ratio is None:
        return f"{name} could not be compared ({comparison.reason})"
    low, high = comparison.ci_low or 0.0, comparison.ci_high or 0.0
    numbers = f"{comparison.time_ratio:.3f} [{low:.3f}, {high:.3f}]"
    took = f"time ratio {numbers} by {comparison.clock} time, {typical(variant)} a call"
    match comparison.verdict:
        case "faster":
            return f"{name} is {1 / comparison.time_ratio:.2f} times as fast ({took})"
        case "slower":
            return f"{name} is {comparison.time_ratio:.2f} times as slow ({took})"
        case "same":
            same = "the same program" if comparison.reason == "identical_program" else "the same"
            return f"{name} is {same} ({took})"
        case _:
            return f"{name} is not told apart ({comparison.reason}; {took})"


def typical(variant: VariantTimes) -> str:
    """Median wall time with its unit."""
    return us(variant.wall_us.median) if variant.wall_us else "an unmeasured time"


def us(value: float) -> str:
    """Microseconds in a readable unit."""
    for limit, factor, unit in ((1e3, 1.0, "us"), (1e6, 1e3, "ms")):
        if value < limit:
            return f"{value / factor:.3g} {unit}"
    return f"{value / 1e6:.3g} s"


MENDED = ("benchmark_fn", "mend what its note says, then measure again.")
AFTER_REJECTION = {
    "outputs_differ": (
        "run_jax_code",
        "see where the outputs differ: call both functions on one input and compare.",
    ),
    "user_code_failed": ("run_jax_code", "run it alone and mend it."),
    "execution_failed": ("run_jax_code", "run it alone and mend it."),
    "not_exportable": ("benchmark_fn", 'measure it with mode "as_called".'),
    "precision_downgrade": (
        "benchmark_fn",
        "if that precision is wanted, set rtol to 0.02 or more and measure again.",
    ),
    "constants_baked_in": ("benchmark_fn", "take the table as an input, then measure again."),
    "out_of_memory": ("benchmark_fn", "measure again with smaller inputs."),
    "timed_out": ("benchmark_fn", "measure again with smaller inputs or a larger timeout_s."),
}
"""By the reason of a rejection: which tool to call, and to what end."""


def next_calls(ask: BenchmarkFnAsk, result: BenchmarkFnResult) -> tuple[Next, ...]:
    """What would help now: more time, or a look at outputs that differ."""
    calls: list[Next] = []
    more = [c.more_s for c in result.comparisons if c.more_s is not None]
    if more:
        n_sizes = max(1, *map(len, ask.sweep.values())) if ask.sweep else 1
        budget_s = float(math.ceil(result.environment.measured_s + 1.2 * n_sizes * max(more)))
        if budget_s <= MAX_BUDGET_S:
            calls.append(
                Next(
                    tool="benchmark_fn",
                    why=f"About {math.ceil(max(more))} s more of timing would decide.",
                    arguments={
                        "time_budget_s": budget_s,
                        "timeout_s": min(
                            MAX_TIMEOUT_S, max(ask.timeout_s, budget_s + OTHER_WORK_S)
                        ),
                    },
                )
            )
    rejected = {c.reason: c.candidate for c in result.comparisons if c.verdict == "rejected"}
    for reason, name in rejected.items():
        tool, why = AFTER_REJECTION.get(reason, MENDED)
        calls.append(Next(tool=tool, why=f"{name}: {why}"))
    return tuple(calls[:3])


def sweep_summary_of(result: BenchmarkFnResult, parameter: str) -> str:
    """One sentence of a sweep: each candidate over the sizes, and how each variant grows."""
    sizes = sorted({variant.size for variant in result.variants if variant.size is not None})
    names = list(dict.fromkeys(variant.name for variant in result.variants))
    said = [f"{parameter} from {sizes[0]} to {sizes[-1]}"]
    for name in names:
        mine = [c for c in result.comparisons if c.candidate == name]
        if mine:
            said.append(over_sizes(name, mine, parameter))
        else:
            ends = [v for v in result.variants if v.name == name]
            said.append(f"{name} takes {typical(ends[0])} to {typical(ends[-1])} a call")
    grown = [
        f"{s.variant} like {parameter}^{s.exponent:.2f} [{s.ci_low:.2f}, {s.ci_high:.2f}]"
        for s in result.scaling
    ]
    if grown:
        said.append(f"time grows: {', '.join(grown)}")
    return f"{'; '.join(said)}."


def over_sizes(name: str, comparisons: Sequence[Comparison], parameter: str) -> str:
    """Verdicts of one candidate: once if they agree, else one a size."""
    words = {c.verdict for c in comparisons}
    ratios = [
        "none" if c.time_ratio is None else f"{c.time_ratio:.3f} [{c.ci_low:.3f}, {c.ci_high:.3f}]"
        for c in comparisons
    ]
    if len(words) == 1:
        word = next(iter(words))
        least, most = ratios[0], ratios[-1]
        ends = "" if word == "rejected" else f" (time ratio {least} to {most})"
        told = "not told apart" if word == "ambiguous" else word
        return f"{name} is {told} at every size{ends}"
    each = ", ".join(
        f"{c.verdict} at {parameter}={c.size} ({ratio})"
        for c, ratio in zip(comparisons, ratios, strict=True)
    )
    return f"{name} is {each}"
