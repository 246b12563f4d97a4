"""Control flow of jax.lax and mapping over trees: functions that are called by a library."""

import ast
from typing import TYPE_CHECKING

from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.frames import Frame, joined
from jax_workbench.tools.lint_jax_code.engine.invocation import invoke
from jax_workbench.tools.lint_jax_code.engine.operators import level_of
from jax_workbench.tools.lint_jax_code.engine.parameters import (
    handed_in,
    left_behind,
    mapped_over,
)
from jax_workbench.tools.lint_jax_code.engine.stacks import innermost
from jax_workbench.tools.lint_jax_code.engine.values import (
    DIFFERENTIATED,
    STAGED,
    Value,
    static,
    traced_of,
)

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.analysis import Analysis


def body_call(
    lint: "Analysis",
    frame: Frame,
    body: Value | None,
    args: list[Value],
    *,
    staged: int = STAGED,
    call: ast.AST | None = None,
) -> Value:
    """Call a function that was handed to a library; unknown where it is not of this file."""
    if body is None:
        return Value()
    function, _ = innermost(body)
    if function is None:
        return Value()
    return invoke(lint, frame, function, args, {}, staged=staged, call=call)


def _staged(value: Value | None) -> Value:
    return handed_in(value, STAGED) if value is not None else Value()


def _element(value: Value | None) -> Value:
    if value is None or (value.has_const and value.const is None):
        return static(None)
    element = mapped_over(value)
    if element.traced:
        element.traced = STAGED
    return element


def scan(lint: "Analysis", frame: Frame, event: Call) -> Value:
    """`lax.scan(f, init, xs)`: the body twice, the second time with the carry of the first."""
    body = event.argument(0, "f")
    carry = _staged(event.argument(1, "init"))
    result = Value()
    for _ in range(2):
        result = body_call(lint, frame, body, [carry, _element(event.argument(2, "xs"))])
        if result.kind == "tuple" and result.items is not None and len(result.items) == 2:
            carry = result.items[0]
    event.inner.append(result)
    level = level_of(frame, *event.args)
    return Value("tuple", items=[left_behind(carry, level), Value("pytree", traced=level)])


def fori_loop(lint: "Analysis", frame: Frame, event: Call) -> Value:
    """`lax.fori_loop(lower, upper, body, init)`; the index is traced whatever the bounds."""
    carry = _staged(event.argument(3, "init_val"))
    for _ in range(2):
        index = Value("array", traced=STAGED, dtype="int", shape=(), op="loop index")
        result = body_call(lint, frame, event.argument(2, "body_fun"), [index, carry])
        carry = result if result.kind != "unknown" else carry
        event.inner[:] = [result]
    return left_behind(carry, level_of(frame, *event.args))


def while_loop(lint: "Analysis", frame: Frame, event: Call) -> Value:
    """`lax.while_loop(cond, body, init)`."""
    carry = _staged(event.argument(2, "init_val"))
    for _ in range(2):
        test = body_call(lint, frame, event.argument(0, "cond_fun"), [carry])
        result = body_call(lint, frame, event.argument(1, "body_fun"), [carry])
        carry = result if result.kind != "unknown" else carry
        event.inner[:] = [result, test]
    return left_behind(carry, level_of(frame, *event.args))


def cond(lint: "Analysis", frame: Frame, event: Call) -> Value:
    """`lax.cond(pred, true_fun, false_fun, *operands)`: both arms from the same state."""
    return _arms(lint, frame, event, event.args[1:3], event.args[3:])


def switch(lint: "Analysis", frame: Frame, event: Call) -> Value:
    """`lax.switch(index, branches, *operands)`."""
    branches = event.argument(1, "branches")
    arms = branches.items if branches is not None and branches.items is not None else []
    return _arms(lint, frame, event, arms, event.args[2:])


def _arms(
    lint: "Analysis", frame: Frame, event: Call, arms: list[Value], operands: list[Value]
) -> Value:
    start = dict(lint.consumed)
    used = dict(start)
    result: Value | None = None
    for arm in arms:
        lint.consumed = dict(start)
        one = body_call(lint, frame, arm, [_staged(o) for o in operands])
        event.inner.append(one)
        used = lint.consumed | used
        result = one if result is None else joined(result, one)
    lint.consumed = used
    made = left_behind(result or Value(), level_of(frame, *operands))
    return made if made.kind != "static" else Value()


def lax_map(lint: "Analysis", frame: Frame, event: Call) -> Value:
    """`lax.map(f, xs)`."""
    for _ in range(2):
        body_call(lint, frame, event.argument(0, "f"), [_element(event.argument(1, "xs"))])
    return Value("pytree", traced=level_of(frame, *event.args[1:]))


def associative_scan(lint: "Analysis", frame: Frame, event: Call) -> Value:
    """`lax.associative_scan(fn, elems)`: its function is called as it is."""
    elements = event.argument(1, "elems") or Value()
    body_call(lint, frame, event.argument(0, "fn"), [elements, elements], staged=0)
    return left_behind(elements, level_of(frame, elements))


def tree_map(lint: "Analysis", frame: Frame, event: Call) -> Value:
    """`jax.tree.map(f, tree, ...)`: once for each leaf, so twice here."""
    level = max((traced_of(a) for a in event.args[1:]), default=0)
    for _ in range(2):
        leaves = [
            Value("pytree", traced=traced_of(a)) if traced_of(a) else Value()
            for a in event.args[1:]
        ]
        body_call(lint, frame, event.argument(0, "f"), leaves, staged=0)
    kind = "pytree" if level else "unknown"
    return Value(kind, traced=level, op=event.name, args=tuple(event.args))


def eval_shape(lint: "Analysis", frame: Frame, event: Call) -> Value:
    """`jax.eval_shape(f, *args)`."""
    before = dict(lint.consumed)
    body_call(lint, frame, event.argument(0, "fun"), [_staged(a) for a in event.args[1:]])
    lint.consumed = before
    return Value()


def linearised(lint: "Analysis", frame: Frame, event: Call) -> Value:
    """`jax.vjp(f, *args)`, `jax.linearize`: the value, and a function."""
    seen = [handed_in(a, DIFFERENTIATED) for a in event.args[1:]]
    result = body_call(lint, frame, event.argument(0, "fun"), seen, staged=DIFFERENTIATED)
    items = [left_behind(result, level_of(frame, *event.args[1:])), Value()]
    return _with_aux(event, items)


def jvp(lint: "Analysis", frame: Frame, event: Call) -> Value:
    """`jax.jvp(f, primals, tangents)`."""
    primals = event.argument(1, "primals") or Value()
    items = primals.items or []
    seen = [handed_in(a, DIFFERENTIATED) for a in items]
    if items:
        body_call(lint, frame, event.argument(0, "fun"), seen, staged=DIFFERENTIATED)
    level = level_of(frame, primals)
    return _with_aux(event, [Value("pytree", traced=level), Value("pytree", traced=level)])


def _with_aux(event: Call, items: list[Value]) -> Value:
    """The parts, and one more where the function gives something beside its value."""
    aux = event.kwargs.get("has_aux")
    if aux is not None and not isinstance(aux.const, bool):
        return Value("tuple")
    return Value("tuple", items=[*items, Value()] if aux is not None and aux.const else items)


CONTROL = {
    "jax.lax.scan": scan,
    "jax.lax.fori_loop": fori_loop,
    "jax.lax.while_loop": while_loop,
    "jax.lax.cond": cond,
    "jax.lax.switch": switch,
    "jax.lax.map": lax_map,
    "jax.lax.associative_scan": associative_scan,
    "jax.tree.map": tree_map,
    "jax.eval_shape": eval_shape,
    "jax.vjp": linearised,
    "jax.linearize": linearised,
    "jax.jvp": jvp,
}
