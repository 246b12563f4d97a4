"""A clock is stopped before the computation is done.

## Why is this bad?
JAX returns before the device has finished: the time measured is that of the dispatch.

## Use instead
`.block_until_ready()` on the result, or `jax.block_until_ready(tree)`, before the clock is read.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, shown
from jax_workbench.tools.lint_jax_code.engine.canonical import is_jnp, last
from jax_workbench.tools.lint_jax_code.engine.events import Branch, Call, CallTransformed
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.frames import Frame

CLOCKS = frozenset(
    (
        "time.time",
        "time.perf_counter",
        "time.monotonic",
        "time.process_time",
        "time.time_ns",
        "time.perf_counter_ns",
        "time.monotonic_ns",
    )
)
SYNCHRONISING = frozenset(
    (
        "jax.block_until_ready",
        "jax.device_get",
        "numpy.asarray",
        "numpy.array",
        "builtins.float",
        "builtins.int",
        "builtins.print",
        "builtins.bool",
    )
)
METHODS = frozenset(("block_until_ready", "item", "tolist", "wait_until_finished", "result"))
MAKERS = frozenset(("zeros", "ones", "array", "asarray", "arange", "full", "linspace", "eye"))
KNOWN = frozenset(("jax", "numpy", "flax", "optax", "builtins", "time", "math", "logging"))
"""Libraries that wait for a result only where SYNCHRONISING or METHODS says so."""
START = re.compile(r"\b(start|begin|tic|t0|t_0)\w*\s*=")
BENCHMARK = re.compile(r"bench|time|profile|measure", re.IGNORECASE)


@dataclass
class Clock:
    """Where a scope started its clock, in which loops, and what has been computing since."""

    start: ast.Call
    loops: list[ast.AST]
    pending: ast.Call | None = None


def check(event: Call) -> Iterator[Found]:
    """Follow clocks, computations and synchronisations of one scope."""
    if event.staged:
        return
    clocks: dict[Frame, Clock] = event.lint.scratch.setdefault("JAX507", {})
    root = event.frame.root
    clock = clocks.get(root)
    if event.name in CLOCKS:
        row = event.lint.source.lines.row(event.lint.line(event.node))
        if clock is not None and ("-" in row or not START.search(row)):
            yield from stopped(event, clock)
        if clock is not None and "-" in row:
            clock.pending = None  # the clock runs on
        else:
            clocks[root] = Clock(event.node, [*root.loops])
    elif clock is None:
        return
    elif event.name in SYNCHRONISING or event.method in METHODS or waits_for_leaves(event):
        clock.pending = None
    elif is_computation(event):
        clock.pending = event.node
    elif is_of_others(event):
        clock.pending = None  # it may wait for what it is given


def stopped(event: Call, clock: Clock) -> Iterator[Found]:
    """Report a clock that is read while something computes."""
    if clock.pending is None or is_guarded(event) or is_progress(event, clock):
        return
    yield Found(
        event.node,
        f"The clock is read before `{shown(event.lint, clock.pending)}` is done: JAX returns at"
        " once. Call block_until_ready on the result first.",
        related=((clock.pending, "not waited for"),),
    )


def is_of_others(event: Call) -> bool:
    """Whether it is a call with arguments of a function that nothing is known about."""
    is_strange = event.callee.kind == "name" and event.name.partition(".")[0] not in KNOWN
    return bool(event.args) and (event.callee.kind == "unknown" or is_strange)


def is_progress(event: Call, clock: Clock) -> bool:
    """Whether a loop reads a clock of earlier turns: time passed so far, or a rate of many turns.

    Such a clock was read before the loop, or in its turn before, there or further down.
    """
    is_from_before = any(loop not in clock.loops for loop in event.frame.root.loops)
    return is_from_before or clock.start.lineno >= event.node.lineno


def waits_for_leaves(event: Call) -> bool:
    """Whether a function that waits is mapped over a tree."""
    names = (getattr(part, "attr", "") for a in event.node.args for part in ast.walk(a))
    return event.name == "jax.tree.map" and "block_until_ready" in names


def is_computation(event: Call) -> bool:
    """Whether it starts work on the device."""
    if is_jnp(event.name) and last(event.name) not in MAKERS:
        return event.result.kind in {"array", "arrays"} and event.result.node is event.node
    function = event.frame.root.function
    is_benchmark = function is not None and bool(BENCHMARK.search(function.name))
    return (
        is_benchmark
        and isinstance(event.node.func, ast.Name)
        and event.callee.kind == "unknown"
        and function is not None
        and event.node.func.id in function.all_names
    )


def check_call(event: CallTransformed) -> Iterator[Found]:
    """A call of a jitted function is a computation."""
    clock: Clock | None = event.lint.scratch.get("JAX507", {}).get(event.frame.root)
    if clock is not None and not event.staged:
        clock.pending = event.node
    return iter(())


def check_branch(event: Branch) -> Iterator[Found]:
    """A condition on an array waits for it."""
    clock: Clock | None = event.lint.scratch.get("JAX507", {}).get(event.frame.root)
    if clock is not None and event.value.kind == "array":
        clock.pending = None
    return iter(())


RULE = Rule(
    "JAX507",
    "timing-without-block",
    "error",
    (
        (Call, check),
        (CallTransformed, check_call),
        (Branch, check_branch),
    ),
    confirm="none",
    page=__doc__ or "",
)
