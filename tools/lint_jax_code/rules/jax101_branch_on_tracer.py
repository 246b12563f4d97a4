"""A Python condition asks a traced value for its truth.

## Why is this bad?
Under jit, vmap and lax control flow a value is a tracer without a number; `if` needs one and
raises TracerBoolConversionError.

## Use instead
`jnp.where(condition, a, b)` for values, `jax.lax.cond` for work, or a static argument where the
condition is a setting.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_abstract, shown
from jax_workbench.tools.lint_jax_code.engine.events import Branch
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

KINDS = frozenset(("if", "ifexp", "match", "filter"))


def check(event: Branch) -> Iterator[Found]:
    """Report conditions whose value is a traced array."""
    if event.kind in KINDS and is_abstract(event, event.value):
        text = shown(event.lint, event.test)
        yield Found(
            event.test,
            f"`{text}` is traced here, and a Python condition needs its value:"
            " TracerBoolConversionError. Use jnp.where or lax.cond.",
        )


RULE = Rule(
    "JAX101",
    "branch-on-tracer",
    "error",
    ((Branch, check),),
    confirm="trace",
    page=__doc__ or "",
)
