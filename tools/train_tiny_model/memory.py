"""How much memory training will take, and a batch that fits. Runs in the worker."""

import mmap
import resource
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from jax_workbench.tools.train_tiny_model import Finding
from jax_workbench.tools.train_tiny_model.compiled import SLACK_BYTES, Program
from jax_workbench.tools.train_tiny_model.problem import Recipe

MIB = 2**20
MAX_TRIES = 3
UNLIMITED = 2**60


def peak_rss_bytes() -> int:
    """Largest resident set of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def free_bytes() -> int:
    """What this process may still allocate; very large where nothing limits it.

    Found by reserving address space and giving it back: what counts against the limit is not
    readable in a sandbox without /proc.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_DATA)
    if soft == resource.RLIM_INFINITY:
        return UNLIMITED
    low, high = 0, soft
    while high - low > MIB:
        middle = (low + high) // 2
        low, high = (middle, high) if can_reserve(middle) else (low, middle)
    return low


def can_reserve(n_bytes: int) -> bool:
    """Whether so much private memory can be mapped; none of it is touched."""
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    try:
        mmap.mmap(-1, max(n_bytes, 1), flags=flags).close()
    except OSError:
        return False
    return True


@dataclass(frozen=True)
class Fitted:
    """A compiled program that fits, or the finding that none does."""

    program: Program
    recipe: Recipe
    finding: Finding | None
    text: str


type Make = Callable[[Recipe], Program]
type Parts = tuple[Sequence[int], str]
"""Numbers of parts to take a batch in, ascending; where there are none, why."""


def fitting(make: Make, recipe: Recipe, room: int, parts_of: Callable[[Program], Parts]) -> Fitted:
    """Compile; while the prediction exceeds `room`, take the batches in more parts.

    Nothing is allocated by looking: programs are compiled for shapes alone.

    Args:
        make: Traces the program of a recipe.
        recipe: As asked for.
        room: Bytes that may be allocated.
        parts_of: Called where a program's prediction is too large; costs some compiling.
    """
    program = make(recipe)
    program.prepare()
    if has_room(program, room):
        return Fitted(program, recipe, None, f"{mib(program)} MiB are predicted, {free(room)}.")
    evidence = f"A batch of {recipe.batch_size} needs {mib(program)} MiB, {free(room)}."
    parts, why_whole = parts_of(program)
    cut, now = program, recipe
    for n in parts:
        now = replace(recipe, batch_parts=n)
        cut = make(now)
        cut.prepare()
        if has_room(cut, room):
            return Fitted(cut, now, None, f"{evidence} In {n} parts it needs {mib(cut)} MiB.")
    if parts:
        advice = (
            f"Even in {now.batch_parts} parts it needs {mib(cut)} MiB: use jax.checkpoint "
            "(nnx.remat) around the layers, or a smaller model."
        )
    else:
        cut, now, advice = halved(make, program, room)
        advice = f"{advice} {why_whole}".strip()
    finding = Finding(code="out_of_memory", step=0, evidence=evidence, fix=advice)
    return Fitted(cut, now, finding, evidence)


def halved(make: Make, program: Program, room: int) -> tuple[Program, Recipe, str]:
    """A batch that fits, with accumulation, for a call of its own; and what to say of it."""
    now = program.recipe
    for _ in range(MAX_TRIES):
        if now.batch_size < 2:  # noqa: PLR2004 - cannot be halved
            break
        now = replace(
            now, batch_size=now.batch_size // 2, accumulate=now.accumulate * 2, steps=now.steps * 2
        )
        program = make(now)
        program.prepare()
        if has_room(program, room):
            fits = f"A batch of {now.batch_size} with accumulate {now.accumulate} fits."
            return program, now, fits
    advice = (
        f"Even a batch of {now.batch_size} needs {mib(program)} MiB: use jax.checkpoint "
        "(nnx.remat) around the layers, or a smaller model."
    )
    return program, now, advice


def has_room(program: Program, room: int) -> bool:
    """Whether what is predicted fits, and a little more."""
    return (program.predicted_bytes or 0) + SLACK_BYTES <= room


def mib(program: Program) -> str:
    """What is predicted."""
    return f"{(program.predicted_bytes or 0) / MIB:.0f}"


def free(room: int) -> str:
    """What may be allocated, in words."""
    return "nothing limits it" if room >= UNLIMITED else f"{room / MIB:.0f} MiB are free"
