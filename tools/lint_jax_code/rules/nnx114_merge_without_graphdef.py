"""nnx.merge gets a state where the structure belongs.

## Why is this bad?
The first argument is the GraphDef that nnx.split gave: TypeError.

## Use instead
`nnx.merge(graphdef, state)`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, shown
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.keys import origin
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

STATES = frozenset(("flax.nnx.State", "flax.nnx.state"))


def check(event: Call) -> Iterator[Found]:
    """Report merges whose first argument is a proven state."""
    if event.name != "flax.nnx.merge" or not event.args or event.has_star or is_guarded(event):
        return
    if origin(event.args[0]).op in STATES:
        node = event.node.args[0]
        yield Found(
            event.node,
            f"`{shown(event.lint, node)}` is a state, and merge takes the GraphDef first:"
            " TypeError. Write nnx.merge(graphdef, state).",
        )


RULE = Rule(
    "NNX114",
    "merge-without-graphdef",
    "error",
    ((Call, check),),
    confirm="run",
    calls=("flax.nnx.merge",),
    page=__doc__ or "",
)
