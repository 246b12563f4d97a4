"""A loop of unknown length is differentiated in reverse.

## Why is this bad?
while_loop, and fori_loop with bounds that are traced, keep no trace of their turns: ValueError.

## Use instead
lax.scan, fori_loop with Python bounds, or jax.jvp / jacfwd; a custom_vjp around the loop.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, via
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import DIFFERENTIATED, Value, leaves

REVERSE = frozenset(("grad", "value_and_grad", "jacrev", "hessian", "vjp"))


def check(event: Call) -> Iterator[Found]:
    """Report while loops whose start depends on what is differentiated."""
    transforms = event.frame.transforms
    reverse = next((t for t in transforms if t.name in REVERSE), None)
    if reverse is None or is_guarded(event):
        return
    if any(t.name in {"custom_vjp", "custom_jvp"} for t in transforms):
        return
    is_while = event.name == "jax.lax.while_loop"
    start = event.argument(2 if is_while else 3, "init_val")
    has_jit = len(transforms) > 1
    carried = [start, *(closed_over(event) if is_while else ())]
    if not any(depends(event, v, has_jit=has_jit) for v in carried if v is not None):
        return
    if not is_while and all(has_python_bound(event, n) for n in (0, 1)):
        return
    yield Found(
        event.node,
        f"{event.name[4:]} of unknown length is differentiated in reverse: ValueError. Use lax.scan"
        " or a number of turns that is a Python integer.",
        related=((reverse.node, "differentiated here"),),
    )


def closed_over(event: Call) -> Iterator[Value]:
    """What the body of the loop reads from the function around it."""
    body = event.argument(1, "body_fun")
    function = body.function if body is not None else None
    if function is None or function.frame is not event.frame.root:
        return
    own = {argument.arg for argument in function.parameters}
    for node in ast.walk(function.node):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in own:
            value, place = event.frame.lookup(node.id)
            if value is not None and place is event.frame.root:
                yield value


def has_python_bound(event: Call, place: int) -> bool:
    """Whether a bound is a Python number at tracing, or nothing is known of it."""
    bound = event.argument(place, ("lower", "upper")[place])
    return bound is None or bound.traced == 0


def depends(event: Call, start: Value, *, has_jit: bool) -> bool:
    """Whether the start is an array that depends on the differentiated argument."""
    function = event.frame.root.function
    parts = [p for p in leaves(start) if p.kind in {"array", "pytree"} and p.traced]
    is_only = function is not None and len(function.parameters) == 1
    return any(
        (p.traced == DIFFERENTIATED or has_jit or is_only)
        and not any(v.op == "jax.lax.stop_gradient" for v in via(p))
        for p in parts
    )


RULE = Rule(
    "JAX617",
    "loop-without-reverse-gradient",
    "error",
    ((Call, check),),
    confirm="trace",
    calls=("jax.lax.while_loop", "jax.lax.fori_loop"),
    page=__doc__ or "",
)
