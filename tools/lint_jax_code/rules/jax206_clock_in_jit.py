"""The clock is read in staged code.

## Why is this bad?
The body runs once, at tracing: the time read then is a constant of the compiled program.

## Use instead
Read the clock outside, around block_until_ready.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_staged
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

CLOCKS = frozenset(
    (
        "time.time",
        "time.perf_counter",
        "time.monotonic",
        "time.process_time",
        "time.time_ns",
        "time.perf_counter_ns",
        "time.monotonic_ns",
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.datetime.today",
        "datetime.date.today",
    )
)


def check(event: Call) -> Iterator[Found]:
    """Report clocks under jit and lax control flow."""
    if event.name in CLOCKS and is_staged(event):
        yield Found(
            event.node,
            f"{event.name}() runs once, at tracing, and its value is compiled in. Read the clock"
            " outside of the jitted function.",
        )


RULE = Rule(
    "JAX206",
    "clock-in-jit",
    "warning",
    ((Call, check),),
    confirm="none",
    calls=(*CLOCKS,),
    page=__doc__ or "",
)
