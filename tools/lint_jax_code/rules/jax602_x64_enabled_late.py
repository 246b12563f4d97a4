"""64 bits are switched on after arrays were made.

## Why is this bad?
Arrays made before keep 32 bits, and mixing them loses the precision that was asked for.

## Use instead
The switch directly below the imports.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_test_file
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report the switch behind a computation at module level."""
    if event.frame.function is not None or is_test_file(event.lint):
        return
    if event.name.startswith(("jax.numpy.", "jax.random.", "jax.lax.")):
        event.lint.scratch.setdefault("JAX602", event.node)
    elif event.name == "jax.config.update" and len(event.args) > 1:
        first = event.lint.scratch.get("JAX602")
        is_switch = event.args[0].const == "jax_enable_x64" and event.args[1].const is True
        if first is not None and is_switch:
            yield Found(
                event.node,
                f"Arrays were made before, on line {event.lint.line(first)}; they keep 32 bits."
                " Move the switch below the imports.",
                related=((first, "made with 32 bits"),),
            )


RULE = Rule(
    "JAX602",
    "x64-enabled-late",
    "warning",
    ((Call, check),),
    confirm="none",
    calls=("jax.",),
    page=__doc__ or "",
)
