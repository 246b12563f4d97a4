"""What a differentiated function returns does not depend on its argument in a way that has a slope.

## Why is this bad?
Under grad alone int(), bool() and .item() succeed, but what they give no longer depends on the
argument. Rounding, sign, argmax and casts to integers have a slope of zero everywhere. The
derivative is silently wrong, or zero.

## Use instead
Leave the array as it is; a smooth stand-in for the step, or a straight-through estimate;
jax.lax.stop_gradient where the cut is meant.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_test_file, shown, via
from jax_workbench.tools.lint_jax_code.engine.canonical import last
from jax_workbench.tools.lint_jax_code.engine.events import FunctionEnd
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import DIFFERENTIATED, Value, leaves

CUTS = frozenset((".item", "builtins.int", "builtins.bool"))
STEPS = frozenset(
    ("round", "rint", "floor", "ceil", "trunc", "fix", "sign", "argmax", "argmin", "heaviside")
)
COMPARISONS = frozenset(("Gt", "Lt", "GtE", "LtE", "Eq", "NotEq", "FloorDiv"))
INTEGERS = frozenset(("int", "int8", "int16", "int32", "int64", "uint8", "uint32"))
DEEPEST = 12


def check(event: FunctionEnd) -> Iterator[Found]:
    """Report conversions whose result reaches the return value of a differentiated function."""
    if event.frame.staged != DIFFERENTIATED:
        return
    for _, value in event.returned:
        ends = [*leaves(value)]
        # An index has to be an integer; it cuts nothing that has another way to the result.
        is_index_free = any(has_another_path(end) for end in ends)
        for part in [p for end in ends for p in computed_from(end, is_index_free=is_index_free)]:
            if part.op in CUTS and part.args and part.node is not None:
                source = part.args[0]
                if source.traced == DIFFERENTIATED and source.op != "jax.lax.stop_gradient":
                    yield Found(
                        part.node,
                        f"`{shown(event.lint, part.node)}` cuts the gradient: its result no longer"
                        " depends on the differentiated argument. Drop the conversion.",
                    )


def computed_from(value: Value, *, is_index_free: bool, depth: int = 8) -> Iterator[Value]:
    """A value and what it was computed from, where asked for without what only picks elements."""
    if depth < 0:
        return
    yield value
    for part in value.args[:1] if value.op == "[]" and is_index_free else value.args:
        yield from computed_from(part, is_index_free=is_index_free, depth=depth - 1)


def has_another_path(value: Value, depth: int = DEEPEST) -> bool:
    """Whether the argument is surely reached without a conversion, a step or an index."""
    if depth == 0 or value.op in CUTS or is_step(value):
        return False
    if not value.args or value.op == "passed":
        return value.traced == DIFFERENTIATED
    parts = value.args[:1] if value.op == "[]" else value.args
    return any(has_another_path(part, depth - 1) for part in parts)


def check_steps(event: FunctionEnd) -> Iterator[Found]:
    """Report steps through which alone the result depends on the argument."""
    is_outermost = event.frame.caller is not None and event.frame.caller.staged == 0
    if event.frame.staged != DIFFERENTIATED or not is_outermost or is_test_file(event.lint):
        return
    for _, value in event.returned:
        result = value.items[0] if value.kind == "tuple" and value.items else value
        if result.kind != "array" or result.traced != DIFFERENTIATED or has_slope(result):
            continue
        step = next((p for p in via(result, DEEPEST) if is_step(p) and p.node is not None), None)
        if step is not None and step.node is not None:
            yield Found(
                step.node,
                f"`{shown(event.lint, step.node)}` has a slope of zero, and the result depends on"
                " the argument through it alone: the gradient is zero. Use a smooth stand-in.",
            )


def is_step(value: Value) -> bool:
    """Whether its slope is zero wherever it has one."""
    name = last(value.op).removeprefix(".")
    is_cast = name == "astype" and value.dtype in INTEGERS
    return name in STEPS or value.op in COMPARISONS or is_cast


def has_slope(value: Value, depth: int = DEEPEST) -> bool:
    """Whether some path leads to a differentiated value without a step; unknown ones count."""
    if value.traced == 0 and value.kind in {"array", "numpy", "static", "shape", "name"}:
        return False
    if is_step(value):
        return False
    if depth == 0 or not value.args or value.op in {"passed", "element"}:
        return True
    return any(has_slope(a, depth - 1) for a in (*value.args, *value.kwargs.values()))


RULE = Rule(
    "JAX116",
    "gradient-cut",
    "error",
    ((FunctionEnd, check), (FunctionEnd, check_steps)),
    confirm="gradient",
    page=__doc__ or "",
)
