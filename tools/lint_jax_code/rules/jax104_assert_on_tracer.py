"""An assert tests a traced value.

## Why is this bad?
assert asks for a truth value at tracing time and raises TracerBoolConversionError.

## Use instead
jax.experimental.checkify for run-time checks, or an assert on shapes and dtypes.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_abstract, shown
from jax_workbench.tools.lint_jax_code.engine.events import Branch
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Branch) -> Iterator[Found]:
    """Report asserts on traced arrays."""
    if event.kind == "assert" and is_abstract(event, event.value):
        yield Found(
            event.node,
            f"`{shown(event.lint, event.test)}` is traced, and assert needs its value:"
            " TracerBoolConversionError. Use checkify.check, or assert outside.",
        )


RULE = Rule(
    "JAX104",
    "assert-on-tracer",
    "error",
    ((Branch, check),),
    confirm="trace",
    page=__doc__ or "",
)
