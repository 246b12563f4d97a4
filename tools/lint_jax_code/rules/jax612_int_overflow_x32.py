"""An integer computation leaves the range of int32.

## Why is this bad?
With 64 bits off integers have 32 and wrap around silently.

## Use instead
Python integers, float32, or jax_enable_x64.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Binary, Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

LARGEST = 2**31 - 1
NARROW = frozenset(("int", "int8", "int16", "int32", "float", "float16", "float32"))
"""What takes a Python integer as int32; a power of it is computed by other means."""


def known(value: Value) -> int | None:
    """The Python integer behind a literal or an array made of one."""
    if isinstance(value.const, int) and not isinstance(value.const, bool):
        return value.const
    numbers = [part.const for part in value.items or [] if type(part.const) is int]
    if value.kind == "list" and numbers and len(numbers) == len(value.items or []):
        return max(numbers, key=abs)
    is_made = value.op in {"jax.numpy.asarray", "jax.numpy.array", "jax.numpy.int32"}
    return known(value.args[0]) if is_made and value.args else None


def check(event: Binary) -> Iterator[Found]:
    """Report products and sums beyond int32."""
    if event.lint.facts.enables_x64 or "array" not in {event.left.kind, event.right.kind}:
        return
    is_power = isinstance(event.operator, ast.Pow)
    for one, other in () if is_power else ((event.left, event.right), (event.right, event.left)):
        is_integer = isinstance(other.const, int) and other.kind == "static"
        is_narrow = one.kind == "array" and one.dtype in NARROW
        if is_narrow and is_integer and abs(other.const) > LARGEST:
            yield Found(
                event.node,
                f"{other.const} does not fit into int32, and 64 bits are off: OverflowError. Write"
                " it as a float.",
            )
            return
    left, right = known(event.left), known(event.right)
    if left is None or right is None:
        return
    if isinstance(event.operator, ast.Mult):
        number = left * right
    elif isinstance(event.operator, ast.Add):
        number = left + right
    elif isinstance(event.operator, ast.Pow) and 0 <= right < 64 and abs(left) < 2**16:
        number = left**right
    else:
        return
    if abs(number) > LARGEST:
        yield Found(
            event.node,
            f"{number} does not fit into int32, and 64 bits are off: it wraps around silently.",
        )


def check_literal(event: Call) -> Iterator[Found]:
    """Report literals beyond int32."""
    if event.name not in {"jax.numpy.asarray", "jax.numpy.array"} or not event.args:
        return
    number = event.args[0].const
    is_integer = isinstance(number, int) and len(event.args) == 1 and not event.kwargs
    if is_integer and abs(number) > LARGEST and not event.lint.facts.enables_x64:
        yield Found(event.node, f"{number} does not fit into int32, and 64 bits are off.")


RULE = Rule(
    "JAX612",
    "int-overflow-x32",
    "warning",
    (
        (Binary, check),
        (Call, check_literal),
    ),
    confirm="none",
    calls=("jax.numpy.asarray", "jax.numpy.array"),
    page=__doc__ or "",
)
