"""What the programs were checked for, one entry a question. Runs in the server."""

from collections.abc import Callable, Iterator

from jax_workbench.tools.benchmark_fn import Check
from jax_workbench.tools.benchmark_fn.attainable import is_too_fast
from jax_workbench.tools.benchmark_fn.messages import TimedVariant, TimerReport
from jax_workbench.tools.benchmark_fn.work_messages import ProgramWork

BAKED_IN_BYTES = 2**20
NOTABLE_SHARE = 0.01
"""Of a program's flops; less is nothing to speak of."""
PRECISIONS = ("default", "high", "highest")
COARSE = frozenset(("bf16", "f16", "tf32"))


def program_checks(report: TimerReport) -> Iterator[Check]:
    """What was found in the programs that were timed, and how their rounds went."""
    timed = [v for v in report.variants if v.refused is None and v.work is not None]
    if not timed:
        return
    yield asked("inputs_used", timed, unused, "Every result depends on every input.")
    yield asked(
        "constants_small", timed, baked_in, "No program holds more than 1 MiB of constants."
    )
    yield asked("no_dead_code", timed, dead, "Every operation is needed for a result.")
    yield asked("no_constant_work", timed, constant_work, "All work depends on an input.")
    yield asked("no_repeated_work", timed, repeated_work, "No loop repeats the same work.")
    yield asked("work_counted", timed, uncounted, "Every operation is in the count of flops.")
    yield asked("same_precision", timed, coarse(timed), census(timed))
    # Programs that call back can't be exported, and other foreign calls are refused.
    yield Check(code="no_host_calls", ok=True, text="No program calls back to the host.")
    yield Check(
        code="no_recompilation",
        ok=report.n_compilations == 0,
        text=f"{report.n_compilations} compilations while the rounds ran.",
    )
    if report.peaks and report.peaks.gflops:
        yield asked(
            "plausible_speed",
            timed,
            lambda found: "faster than twice the peak" if is_too_fast(found, report.peaks) else "",
            f"None is faster than twice {max(report.peaks.gflops.values()):.3g} GFLOP/s, the peak.",
        )


def asked(
    code: str, timed: list[TimedVariant], wrong: Callable[[TimedVariant], str], otherwise: str
) -> Check:
    """One question to all variants: what is wrong with which, or that nothing is."""
    found = [f"{variant.name}: {text}" for variant in timed if (text := wrong(variant))]
    return Check(code=code, ok=not found, text="; ".join(found) + "." if found else otherwise)


def unused(found: TimedVariant) -> str:
    """Inputs on which nothing depends."""
    names = ", ".join(found.unused_inputs[:5])
    return f"nothing depends on {names}" if names else ""


def baked_in(found: TimedVariant) -> str:
    """Constants that should be arguments."""
    is_big = found.const_bytes > BAKED_IN_BYTES
    return f"{found.const_bytes / 2**20:.1f} MiB of constants" if is_big else ""


def share(flops: float, work: ProgramWork) -> str:
    """So many flops beside those of a call; nothing where they are few."""
    counted = sum(work.flops.values())
    if flops <= NOTABLE_SHARE * counted:
        return ""
    return f"{flops:.3g} flops beside {counted:.3g} counted"


def dead(found: TimedVariant) -> str:
    """Work whose result is dropped."""
    said = found.work and share(found.work.dead_flops, found.work)
    return f"{said} have no use, and XLA drops them" if said else ""


def constant_work(found: TimedVariant) -> str:
    """Work that needs no input, so it may be done while compiling."""
    said = found.work and share(found.work.fixed_flops, found.work)
    return f"{said} depend on no input, so XLA may do them once; pass arguments" if said else ""


def repeated_work(found: TimedVariant) -> str:
    """Work in a loop that is the same in every turn."""
    said = found.work and share(found.work.hoisted_flops, found.work)
    return f"{said} are the same in every turn, and XLA does them once" if said else ""


def uncounted(found: TimedVariant) -> str:
    """Work of which only a lower bound is known."""
    parts: list[str] = []
    if found.open_loops:
        parts.append(f"{found.open_loops} loops that the data end count as one turn")
    if found.work and found.work.uncounted:
        parts.append(f"{', '.join(found.work.uncounted[:3])} count as nothing")
    return ", ".join(parts)


def coarse(timed: list[TimedVariant]) -> Callable[[TimedVariant], str]:
    """Floats of a variant that the first one lacks; a lower precision of its products."""
    base = timed[0].work

    def wrong(found: TimedVariant) -> str:
        if base is None or found.work is None:
            return ""
        finer = (base.dot_precision or 0) > (found.work.dot_precision or 0)
        added = sorted((set(found.work.float_types) - set(base.float_types)) & COARSE)
        if added:
            return f"computes in {', '.join(added)}, the first variant does not"
        both = None not in (base.dot_precision, found.work.dot_precision)
        return "asks for less precise products" if finer and both else ""

    return wrong


def census(timed: list[TimedVariant]) -> str:
    """The floating-point types of each program, and the precision its products ask for."""
    said: list[str] = []
    for found in timed:
        if found.work is None:
            continue
        kinds = ", ".join(found.work.float_types) or "no floats"
        asks = found.work.dot_precision
        products = "" if asks is None else f" (products: {PRECISIONS[asks]})"
        said.append(f"{found.name}: {kinds}{products}")
    return "; ".join(said) + "."
