"""An nnx layer is made without rngs.

## Why is this bad?
The layer draws its parameters from them: TypeError, missing argument.

## Use instead
`rngs=rngs`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import argument_added, is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.nnx import LAYERS
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report layers without the keyword."""
    module, _, word = event.name.rpartition(".")
    if module != "flax.nnx" or word not in LAYERS or "rngs" in event.kwargs:
        return
    if event.has_star or event.has_double_star or is_guarded(event):
        return
    function = event.frame.root.function
    fix = None
    if function is not None and "rngs" in function.all_names:
        fix = Fix("safe", "Pass rngs", (argument_added(event.lint, event.node, "rngs=rngs"),))
    yield Found(event.node, f"nnx.{word} needs rngs=: TypeError. Pass an nnx.Rngs.", fix=fix)


RULE = Rule(
    "NNX102",
    "missing-rngs",
    "error",
    ((Call, check),),
    confirm="run",
    calls=("flax.nnx.",),
    page=__doc__ or "",
)
