"""A 64-bit type is asked for while 64 bits are off.

## Why is this bad?
Without jax_enable_x64 the result has 32 bits; there is a UserWarning at most.

## Use instead
`jax.config.update("jax_enable_x64", True)` at the start, or the 32-bit type.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

WIDE = frozenset(("float64", "int64", "uint64", "complex128"))
PLACES = {"zeros": 1, "ones": 1, "empty": 1, "full": 2, "array": 1, "asarray": 1, "arange": 3}


def check(event: Call) -> Iterator[Found]:
    """Report wide dtypes at array creation and astype."""
    if event.lint.facts.enables_x64 or is_guarded(event):
        return
    word = event.name.rpartition(".")[2]
    if event.name.startswith("jax.numpy."):
        if word in WIDE:
            yield found(event, event.node.func, word)
            return
        node = event.argument_node(PLACES.get(word, -1), "dtype")
        value = event.argument(PLACES.get(word, -1), "dtype")
    elif event.method == "astype" and event.owner is not None and event.owner.kind == "array":
        node, value = event.argument_node(0, "dtype"), event.argument(0, "dtype")
    else:
        return
    if node is None or value is None:
        return
    name = value.name.rpartition(".")[2] if value.kind == "name" else value.const
    if isinstance(name, str) and name in WIDE:
        yield found(event, node, name)


def found(event: Call, node: ast.AST, name: str) -> Found:
    """The finding, in words."""
    return Found(
        node,
        f"{name} is asked for, and 64 bits are off: the result has 32. Enable jax_enable_x64 at"
        " the start, or ask for 32 bits.",
        severity="info" if event.lint.profile == "library" else None,
    )


RULE = Rule(
    "JAX601",
    "float64-without-x64",
    "warning",
    ((Call, check),),
    confirm="none",
    calls=("jax.numpy.", ".astype"),
    page=__doc__ or "",
)
