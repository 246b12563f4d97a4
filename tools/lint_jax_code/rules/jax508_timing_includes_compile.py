"""A clock includes the first call of a jitted function.

## Why is this bad?
The first call traces and compiles; its time is not that of the computation.

## Use instead
A warm-up call with the same shapes before the clock.
"""

import re
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Call, CallTransformed
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

CLOCKS = frozenset(("time.time", "time.perf_counter", "time.monotonic"))
MEANT = re.compile(r"compile|first|warm|trace", re.IGNORECASE)


def check(event: Call) -> Iterator[Found]:
    """Follow the clocks of one scope."""
    if event.staged or event.name not in CLOCKS:
        return
    running = event.lint.scratch.setdefault("JAX508", {})
    call = running.get(event.frame.root)
    rows = event.lint.source.lines
    if call is not None and not MEANT.search(rows.row(event.lint.line(event.node))):
        yield Found(
            call,
            "This is the first call of the jitted function, and the clock runs: the time includes"
            " compilation. Call it once before.",
        )
    running[event.frame.root] = None


def check_call(event: CallTransformed) -> Iterator[Found]:
    """Remember the first call of each jitted function, if a clock runs."""
    seen = event.lint.scratch.setdefault("JAX508 seen", set())
    running = event.lint.scratch.get("JAX508", {})
    is_first = event.transform not in seen
    seen.add(event.transform)
    if event.frame.root in running and is_first and event.transform.name == "jit":
        running[event.frame.root] = event.node
    return iter(())


RULE = Rule(
    "JAX508",
    "timing-includes-compile",
    "info",
    (
        (Call, check),
        (CallTransformed, check_call),
    ),
    confirm="none",
    calls=(*CLOCKS,),
    page=__doc__ or "",
)
