"""From an exported program to a warm, checked callable, or to a refusal. Runs in the timer."""

import resource
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from jax_workbench.tools.benchmark_fn.inspect_program import inspect
from jax_workbench.tools.benchmark_fn.messages import Refusal, TimerVariant
from jax_workbench.tools.benchmark_fn.refusals import Program
from jax_workbench.tools.benchmark_fn.rounds import CLOCK, SYNC
from jax_workbench.tools.common.guarded_text import message_of, shorten, type_name
from jax_workbench.tools.common.user_code import is_out_of_memory

PROGRESS_EVERY_S = 2.0

type Call = Callable[..., list[Any]]


class Refused(Exception):
    """A variant will not be timed."""

    def __init__(self, refusal: Refusal) -> None:
        """Carry the reason."""
        super().__init__(refusal.text)
        self.refusal = refusal


class TooLong(Exception):
    """A variant did not come back; its thread is still running, so this process is spoilt."""

    def __init__(self, after_s: float) -> None:
        """Say how long it was given."""
        super().__init__(f"{after_s:.1f} s")
        self.after_s = after_s


@dataclass(frozen=True)
class Loaded:
    """A program that was read and looked at, not yet compiled."""

    name: str
    program: Program
    exported: jax.export.Exported


@dataclass(frozen=True)
class Compiled:
    """A program ready to be called with flat arguments."""

    call: Call
    compile_s: float
    temp_bytes: int
    output_bytes: int
    xla_flops: float | None
    xla_bytes: float | None


def load(variant: TimerVariant, blob: bytes) -> Loaded:
    """Read and inspect a program.

    Raises:
        Refused: `unreadable`.
    """
    try:
        exported, facts = inspect(blob)
        sizes = len(facts.inputs), len(facts.outputs)
        if sizes != (len(variant.in_paths), len(variant.out_paths)):
            raise ValueError(f"{sizes} leaves in and out, named otherwise")
    except Exception as error:  # noqa: BLE001 - a garbled program may raise anything
        raise Refused(unreadable(error)) from None
    return Loaded(variant.name, Program(variant.in_paths, variant.out_paths, facts), exported)


def compile_program(loaded: Loaded) -> Compiled:
    """Compile a program that passed inspection.

    Raises:
        Refused: `unreadable` or `out_of_memory`.
    """
    try:
        lowered = jax.jit(loaded.exported.call).lower(*loaded.exported.in_avals)
        started = CLOCK()
        compiled = lowered.compile()
        compile_s = (CLOCK() - started) / 1e9
    except Exception as error:  # noqa: BLE001 - so may one that does not compile
        raise Refused(failure(error, unreadable)) from None
    memory: Any = compiled.memory_analysis()
    cost: dict[str, float] = compiled.cost_analysis() or {}
    return Compiled(
        call=compiled,
        compile_s=compile_s,
        temp_bytes=int(memory.temp_size_in_bytes),
        output_bytes=int(memory.output_size_in_bytes),
        xla_flops=cost.get("flops"),
        xla_bytes=cost.get("bytes accessed"),
    )


def fits(compiled: Compiled) -> None:
    """See that what XLA plans to allocate is within this job's memory limit, before it runs.

    Raises:
        Refused: `out_of_memory`, with the plan and the limit.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_DATA)
    planned = compiled.temp_bytes + compiled.output_bytes
    if limit == resource.RLIM_INFINITY or planned <= limit:
        return
    text = (
        f"It would allocate {planned / 2**20:.0f} MiB beside its inputs (XLA's plan); this job may "
        f"hold {limit / 2**20:.0f} MiB. Use smaller inputs; the operator can raise "
        "JAX_WORKBENCH_MEMORY_MIB."
    )
    raise Refused(Refusal(reason="out_of_memory", text=text))


def first_call(call: Call, arguments: Sequence[Any]) -> tuple[list[Any], float]:
    """Outputs of a call, and its seconds until they are there.

    Raises:
        Refused: `execution_failed` or `out_of_memory`.
    """
    started = CLOCK()
    outputs = run_program(call, arguments)
    return outputs, (CLOCK() - started) / 1e9


def run_program(call: Call, arguments: Sequence[Any]) -> list[Any]:
    """Outputs of a call, waited for; refuses what raises."""
    try:
        return SYNC(call(*arguments))
    except Exception as error:  # noqa: BLE001 - whatever it is, only this variant is out
        raise Refused(failure(error, execution_failed)) from None


def failure(error: Exception, otherwise: Callable[[Exception], Refusal]) -> Refusal:
    """A failed allocation by its own name, anything else as `otherwise` puts it."""
    if is_out_of_memory(error):
        return Refusal(reason="out_of_memory", text=f"It ran out of memory: {said(error)}")
    return otherwise(error)


def unreadable(error: Exception) -> Refusal:
    """Refuse a program that can't be read, walked or compiled."""
    return Refusal(reason="unreadable", text=f"Its program can't be used: {said(error)}.")


def execution_failed(error: Exception) -> Refusal:
    """Refuse a program that raises when it runs."""
    return Refusal(reason="execution_failed", text=f"Its program failed: {said(error)}.")


def said(error: Exception) -> str:
    """Type and message of an error, in a line."""
    return f"{type_name(error)}: {shorten(' '.join(message_of(error).split()), 300)}"


def within[T](limit_s: float, work: Callable[[], T], report: Callable[[], None]) -> T:
    """Do `work` in a thread, for at most that long, and report every 2 s that it still runs.

    XLA can't be interrupted: after `TooLong` nothing in this process can be timed any more.

    Raises:
        TooLong: The limit passed. Whatever `work` raises passes through.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def target() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            errors.append(error)

    thread = threading.Thread(target=target, daemon=True)
    started = CLOCK()
    thread.start()
    while thread.is_alive():
        left = limit_s - (CLOCK() - started) / 1e9
        if left <= 0:
            raise TooLong(limit_s)
        thread.join(min(left, PROGRESS_EVERY_S))
        report()
    if errors:
        raise errors[0]
    return results[0]


def floor_kernel(loaded: Loaded) -> Call:
    """A compiled program with the same leaves in and out that computes nothing.

    Its time is what one call of the variant costs before any work is done.
    """
    kinds = [leaf_type(aval) for aval in loaded.exported.out_avals]

    def nothing(*_arguments: Any) -> list[jax.Array]:
        return [jnp.zeros((), kind) for kind in kinds]

    # Unused arguments are kept: handing them over is the cost in question.
    return jax.jit(nothing, keep_unused=True).lower(*loaded.exported.in_avals).compile()


def leaf_type(aval: Any) -> Any:
    """Dtype of an output; PRNG keys count as their data."""
    return jnp.uint32 if jnp.issubdtype(aval.dtype, jax.dtypes.prng_key) else aval.dtype
