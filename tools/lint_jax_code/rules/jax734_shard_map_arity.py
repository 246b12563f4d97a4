"""shard_map with more or fewer specs than the function has arguments.

## Why is this bad?
in_specs is a tree like the tuple of arguments: ValueError at the call.

## Use instead
One spec for each argument; `P()` where an argument is whole on each device.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Transformed
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.stacks import innermost


def check(event: Transformed) -> Iterator[Found]:
    """Report tuples of specs of the wrong length."""
    transform = event.transform
    if transform.name != "shard_map" or is_guarded(event):
        return
    specs, function = transform.option("in_specs"), innermost(transform.inner)[0]
    if specs is None or specs.kind != "tuple" or specs.items is None:
        return
    if function is None or function.has_star:
        return
    n_specs, n_most = len(specs.items), len(function.parameters)
    if not function.n_required <= n_specs <= n_most:
        yield Found(
            transform.node,
            f"in_specs has {n_specs} entries, and the function takes {n_most} arguments:"
            " ValueError. Give one spec for each.",
            related=((function.node, "the function"),),
        )


RULE = Rule(
    "JAX734",
    "shard-map-arity",
    "error",
    ((Transformed, check),),
    confirm="trace",
    page=__doc__ or "",
)
