"""A value is unpacked into more names than it has parts, or fewer.

## Why is this bad?
ValueError. value_and_grad gives a pair; with has_aux its first part is a pair itself.

## Use instead
`(value, aux), gradient = jax.value_and_grad(f, has_aux=True)(x)`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Unpack
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value


def check(event: Unpack) -> Iterator[Found]:
    """Report unpackings whose count is proven to be wrong."""
    if event.value.kind == "transformed" and not is_guarded(event):
        yield Found(
            event.node,
            "A transformed function is unpacked, and was never called: TypeError. Call it first:"
            " jax.value_and_grad(f)(x).",
        )
        return
    if event.value.is_array and event.value.shape == () and not is_guarded(event):
        yield Found(event.node, "One number is unpacked: TypeError, iteration over a 0-d array.")
        return
    n_names, n_parts = len(event.targets), n_parts_of(event.value)
    if n_parts is None or any(isinstance(t, ast.Starred) for t in event.targets):
        return
    if n_names != n_parts and not is_guarded(event):
        nested = " With has_aux the first is the pair (value, aux)." if is_pair(event) else ""
        yield Found(
            event.node,
            f"{n_parts} parts are unpacked into {n_names} names: ValueError.{nested}",
        )


def n_parts_of(value: Value) -> int | None:
    """How many parts a value has, where that is proven."""
    if value.alternatives:
        return None
    if value.kind in {"tuple", "list"} and value.items is not None and value.op != "appended":
        return len(value.items)
    if value.op == "split" and value.kind == "keys" and value.args:
        asked = value.kwargs.get("num") or (value.args[1] if len(value.args) > 1 else None)
        n_keys = 2 if asked is None else asked.const
        return n_keys if isinstance(n_keys, int) else None
    if value.kind == "array" and value.shape and value.op.startswith("jax.numpy."):
        return value.shape[0]
    return None


def is_pair(event: Unpack) -> bool:
    """Whether it is what value_and_grad gave."""
    return event.value.op == "value_and_grad"


RULE = Rule(
    "JAX722",
    "unpacked-count",
    "error",
    ((Unpack, check),),
    confirm="run",
    page=__doc__ or "",
)
