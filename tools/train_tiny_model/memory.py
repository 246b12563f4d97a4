"""How much memory training will take, and a batch that fits. Runs in the worker."""

import mmap
import resource
from collections.abc import Callable
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


def fitting(make: Callable[[Recipe], Program], recipe: Recipe, room: int) -> Fitted:
    """Compile; while the prediction exceeds `room`, halve the batch and accumulate instead.

    Nothing is allocated by looking: programs are compiled for shapes alone.
    """
    program = make(recipe)
    program.prepare()
    asked = program.predicted_bytes
    now, tries = recipe, MAX_TRIES if recipe.batch_parts > 1 else 0
    while (program.predicted_bytes or 0) + SLACK_BYTES > room and tries < MAX_TRIES:
        if now.batch_size < 2:  # noqa: PLR2004 - cannot be halved
            break
        now = replace(
            now,
            batch_size=now.batch_size // 2,
            accumulate=now.accumulate * 2,
            steps=now.steps * 2,
            warmup_steps=now.warmup_steps,
        )
        program = make(now)
        program.prepare()
        tries += 1
    needed = program.predicted_bytes or 0
    free = "nothing limits it" if room >= UNLIMITED else f"{room / MIB:.0f} MiB are free"
    text = f"{needed / MIB:.0f} MiB are predicted, {free}."
    if asked is None or asked + SLACK_BYTES <= room:
        return Fitted(program, now, None, text)
    fits = needed + SLACK_BYTES <= room
    advice = (
        f"A batch of {now.batch_size} with accumulate {now.accumulate} fits and takes the same "
        "steps (but for BatchNorm's statistics)."
        if fits
        else f"Even a batch of {now.batch_size} needs {needed / MIB:.0f} MiB: use jax.checkpoint "
        "(nnx.remat) around the layers, or a smaller model."
    )
    finding = Finding(
        code="out_of_memory",
        step=0,
        evidence=f"A batch of {recipe.batch_size} needs {asked / MIB:.0f} MiB, "
        f"{room / MIB:.0f} MiB are free.",
        fix=advice,
    )
    return Fitted(program, now, finding, finding.evidence)
