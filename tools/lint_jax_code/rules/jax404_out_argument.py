"""out= is given to a jax.numpy function.

## Why is this bad?
Arrays are immutable: NotImplementedError.

## Use instead
Assign the result.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report out= with anything but None."""
    value = event.kwargs.get("out")
    if value is None or not event.name.startswith("jax.numpy.") or is_guarded(event):
        return
    if not (value.has_const and value.const is None):
        yield Found(
            event.node,
            f"{event.name.rpartition('.')[2]} can't write into out=: JAX arrays are immutable"
            " (NotImplementedError). Assign the result.",
        )


RULE = Rule(
    "JAX404",
    "out-argument",
    "error",
    ((Call, check),),
    confirm="run",
    calls=("jax.numpy.",),
    page=__doc__ or "",
)
