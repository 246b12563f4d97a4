"""An nnx module gets a key where it takes Rngs.

## Why is this bad?
It asks the Rngs for their streams, and a key has none: AttributeError.

## Use instead
`rngs=nnx.Rngs(key)`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, replaced, shown
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report keys and numbers as rngs of the library's layers."""
    given = event.kwargs.get("rngs")
    if given is None or not event.name.startswith("flax.nnx.") or is_guarded(event):
        return
    node = event.argument_node(-1, "rngs")
    is_part = given.op == "part" and given.parent is not None and given.parent.kind == "keys"
    if node is not None and (given.kind == "key" or is_part or given.is_number):
        yield Found(
            node,
            f"`{shown(event.lint, node)}` is no nnx.Rngs, and the layer asks it for its streams:"
            " AttributeError. Write nnx.Rngs(...) around it.",
            fix=Fix(
                "safe",
                "Make an nnx.Rngs",
                (replaced(event.lint, node, f"nnx.Rngs({event.lint.text(node)})"),),
                ("from flax import nnx",),
            ),
        )


RULE = Rule(
    "NNX120",
    "key-in-place-of-rngs",
    "error",
    ((Call, check),),
    confirm="run",
    calls=("flax.nnx.",),
    page=__doc__ or "",
)
