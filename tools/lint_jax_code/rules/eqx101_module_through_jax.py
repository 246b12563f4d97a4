"""An Equinox network goes through a transformation of jax.

## Why is this bad?
Its activation functions are leaves, and no arrays: TypeError.

## Use instead
`eqx.filter_jit`, `eqx.filter_grad`; or `eqx.partition` first.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.calls_of import arguments_of
from jax_workbench.tools.lint_jax_code.engine.events import CallTransformed
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

NETWORKS = frozenset(("equinox.nn.MLP", "equinox.nn.Sequential", "equinox.nn.Lambda"))
TRANSFORMS = frozenset(("jit", "grad", "value_and_grad", "vmap"))


def check(event: CallTransformed) -> Iterator[Found]:
    """Report networks with functions inside as arguments of jax.jit, jax.grad and jax.vmap."""
    transform = event.transform
    if transform.name not in TRANSFORMS or not transform.dotted.startswith("jax."):
        return
    for passed in arguments_of(event):
        is_seen = transform.name in {"jit", "vmap"} or passed.position == 0
        if passed.value.constructor in NETWORKS and is_seen and not passed.is_static:
            yield Found(
                event.node,
                f"{passed.value.constructor} holds functions, which {transform.dotted} can't trace:"
                f" TypeError. Use eqx.filter_{transform.name}.",
            )
            return


RULE = Rule(
    "EQX101",
    "module-through-jax",
    "error",
    ((CallTransformed, check),),
    confirm="run",
    page=__doc__ or "",
)
