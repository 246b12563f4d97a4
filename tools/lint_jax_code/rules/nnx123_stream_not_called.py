"""A stream of random numbers is given where a key is asked for.

## Why is this bad?
A stream gives a new key at each call; it is none itself: TypeError.

## Use instead
`rngs.noise()`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, replaced, shown
from jax_workbench.tools.lint_jax_code.engine.events import Before
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule


def check(event: Before) -> Iterator[Found]:
    """Report `jax.random.normal(self.rngs.noise, ...)`."""
    node = event.argument_node(0, "key")
    is_draw = event.name.startswith("jax.random.")
    if not is_draw or not isinstance(node, ast.Attribute) or is_guarded(event):
        return
    around = node.value
    name = around.attr if isinstance(around, ast.Attribute) else getattr(around, "id", "")
    if name != "rngs" or "nnx" not in event.lint.source.text:
        return
    yield Found(
        node,
        f"`{shown(event.lint, node)}` is a stream and no key: TypeError. Call it:"
        f" {shown(event.lint, node)}().",
        fix=Fix(
            "safe", "Call the stream", (replaced(event.lint, node, f"{event.lint.text(node)}()"),)
        ),
    )


RULE = Rule(
    "NNX123",
    "stream-not-called",
    "error",
    ((Before, check),),
    confirm="trace",
    calls=("jax.random.",),
    page=__doc__ or "",
)
