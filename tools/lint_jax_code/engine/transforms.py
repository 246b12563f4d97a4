"""Transformations: how they are applied, and what the function inside sees when called."""

import ast
from typing import TYPE_CHECKING

from jax_workbench.tools.lint_jax_code.engine import canonical as known
from jax_workbench.tools.lint_jax_code.engine.events import CallTransformed, Transformed
from jax_workbench.tools.lint_jax_code.engine.frames import Frame
from jax_workbench.tools.lint_jax_code.engine.invocation import enter
from jax_workbench.tools.lint_jax_code.engine.operators import level_of
from jax_workbench.tools.lint_jax_code.engine.parameters import (
    DIFFERENTIATING,
    bound_arguments,
    handed_in,
    mapped_over,
    positions,
    static_names,
)
from jax_workbench.tools.lint_jax_code.engine.stacks import (
    LEVELS,
    MAPPING,
    innermost,
    outcome,
    receiver,
    strength,
)
from jax_workbench.tools.lint_jax_code.engine.values import (
    MAPPED,
    Function,
    Transform,
    Value,
)

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.analysis import Analysis

MAY_BE_KEYS = frozenset(("key", "keys", "unknown", "instance"))
"""What may be an array of keys, of which pmap hands one to each device."""
APPLICABLE = frozenset(
    ("function", "transformed", "name", "object", "unknown", "instance", "pytree")
)


def apply_transform(
    lint: "Analysis",
    frame: Frame,
    dotted: str,
    args: list[Value],
    kwargs: dict[str, Value],
    node: ast.AST,
    *,
    is_decorator: bool = False,
) -> Value:
    """`jit(f, ...)`; without a function, what makes a decorator of it."""
    first = args[0] if args else kwargs.get("fun") or kwargs.get("f")
    if first is None or first.kind not in APPLICABLE:
        return Value(
            "object",
            op="functools.partial",
            args=(Value("name", name=dotted), *args),
            kwargs=kwargs,
            node=node,
        )
    name, _ = known.TRANSFORMS[dotted]
    made = Transform(name, dotted, first, tuple(args[1:]), kwargs, node, is_decorator=is_decorator)
    value = Value("transformed", transform=made, node=node)
    lint.transforms.append(made)
    lint.emit(Transformed(lint, frame, node, made, value))
    return value


def apply_decorator(lint: "Analysis", frame: Frame, decorator: ast.expr, value: Value) -> Value:
    """What a decorated function becomes."""
    maker = lint.evaluate(frame, decorator)
    if maker.kind == "name":
        dotted = known.canonical(maker.name)
        if dotted in known.TRANSFORMS:
            return apply_transform(lint, frame, dotted, [value], {}, decorator, is_decorator=True)
        return value
    if maker.kind == "object" and maker.op == "functools.partial" and maker.args:
        dotted = known.canonical(maker.args[0].name)
        if dotted in known.TRANSFORMS:
            args = [value, *maker.args[1:]]
            return apply_transform(
                lint, frame, dotted, args, maker.kwargs, decorator, is_decorator=True
            )
    if maker.kind == "transformed":
        return Value("unknown", op="decorated", parent=value, node=decorator)
    return value


def call_transformed(
    lint: "Analysis",
    frame: Frame,
    node: ast.Call,
    value: Value,
    args: list[Value],
    kwargs: dict[str, Value],
    *,
    has_star: bool,
) -> Value:
    """Call a transformed function: its body is walked with what it will see."""
    function, stack = innermost(value)
    if not stack:
        return Value()
    nodes, owner = node.args, receiver(value)
    if owner is not None:
        args = [owner, *args]
        place = node.func.value if isinstance(node.func, ast.Attribute) else node.func
        nodes = [place, *nodes]
    lint.emit(CallTransformed(lint, frame, node, stack[0], args, nodes, kwargs, has_star))
    level = level_of(frame, *args, *kwargs.values())
    if function is None or has_star:
        return outcome(stack, Value(), args, level)
    seen, seen_by_name = args, kwargs
    for position, transform in enumerate(stack):
        inner_owner = receiver(stack[position - 1].inner) if position else None
        if inner_owner is not None:
            seen = [inner_owner, *seen]
        seen, seen_by_name = _seen(function, transform, seen, seen_by_name)
    is_mapped = any(_is_mapped(t, [*args, *kwargs.values()]) for t in stack)
    result = enter(
        lint,
        frame,
        function,
        bound_arguments(function, seen, seen_by_name),
        staged=strength(stack),
        is_mapped=is_mapped,
        call=None if is_mapped else node,
        transforms=tuple(stack),
    )
    if frame.staged == 0:
        _donate(lint, stack[0], function, node, args, kwargs)
    return outcome(stack, result, args, level)


def _seen(
    function: Function, transform: Transform, args: list[Value], kwargs: dict[str, Value]
) -> tuple[list[Value], dict[str, Value]]:
    """Arguments as the function under one transformation sees them."""
    level = LEVELS.get(transform.name, 0)
    if transform.name in {"filter_vmap", "filter_jit"}:
        # They leave alone what is no array, and whether it is one is known of arrays only.
        kinds = {"array", "static", "function", "object", "instance", "name", "key", "keys"}
        args = [a if a.kind in kinds else Value() for a in args]
    if transform.name in {"jit", "pmap", "checkpoint", "make_jaxpr", "filter_jit", "lifted_jit"}:
        static = static_names(function, transform)
        if static is None:
            return [Value() for _ in args], {k: Value() for k in kwargs}
        names = [p.arg for p in function.parameters]
        shift = 1 if transform.name == "lifted_jit" else 0
        mapped = _mapped(transform, args) if transform.name == "pmap" else args
        skip = transform.name == "filter_jit"
        return (
            [
                a
                if _named(names, i + shift) in static or (skip and a.kind != "array")
                else handed_in(part if a.kind in MAY_BE_KEYS else a, level)
                for i, (a, part) in enumerate(zip(args, mapped, strict=True))
            ],
            {k: a if k in static else handed_in(a, level) for k, a in kwargs.items()},
        )
    if transform.name in {"vmap", "filter_vmap"}:
        seen = [
            m if a.kind != "unknown" or transform.name == "vmap" else a
            for a, m in zip(args, _mapped(transform, args), strict=True)
        ]
        return seen, {k: mapped_over(a) for k, a in kwargs.items()}
    if transform.name in DIFFERENTIATING:
        wanted = positions(transform.option("argnums", 0), (0,))
        if wanted is None:
            return [Value() for _ in args], kwargs
        return [handed_in(a, level) if i in wanted else a for i, a in enumerate(args)], kwargs
    if transform.name == "vectorize" and len(args) > 1:
        args = [mapped_over(a) if a.kind in {"keys", "unknown"} else a for a in args]
    if level >= MAPPED:
        return [handed_in(a, level) for a in args], kwargs
    return args, kwargs


def _is_mapped(transform: Transform, args: list[Value]) -> bool:
    """Whether a batch shares what is not mapped; an only argument of vectorize is the batch."""
    return transform.name in MAPPING and (transform.name != "vectorize" or len(args) > 1)


def _named(names: list[str], position: int) -> str:
    return names[position] if 0 <= position < len(names) else ""


def _mapped(transform: Transform, args: list[Value]) -> list[Value]:
    axes = transform.option("in_axes", 0)
    if axes is None or isinstance(axes.const, int):
        return [mapped_over(a) for a in args]
    if axes.items is None or len(axes.items) != len(args):
        return [Value() for _ in args]
    seen: list[Value] = []
    for axis, value in zip(axes.items, args, strict=True):
        if axis.has_const and axis.const is None:
            seen.append(value)
        else:
            seen.append(mapped_over(value) if isinstance(axis.const, int) else Value())
    return seen


def _donate(
    lint: "Analysis",
    transform: Transform,
    function: Function,
    node: ast.Call,
    args: list[Value],
    kwargs: dict[str, Value],
) -> None:
    """Remember what a call gives away; jit finds names by positions, and the reverse."""
    if transform.name != "jit":
        return
    given = positions(transform.option("donate_argnums"), ()) or ()
    names = transform.option("donate_argnames")
    wanted = [p.arg for p in function.parameters]
    chosen = {i for i in given if -len(args) <= i < len(args)}
    by_name = {wanted[i] for i in given if 0 <= i < len(wanted)}
    for entry in (names.items or [names]) if names is not None else []:
        by_name.add(str(entry.const))
        if entry.const in wanted[: len(args)]:
            chosen.add(wanted.index(entry.const))
    for value in [*(args[i] for i in chosen), *(kwargs[n] for n in by_name & {*kwargs})]:
        if value.kind in DONATED:
            lint.donated[value.serial] = node


DONATED = frozenset(("array", "pytree", "unknown", "arrays", "list", "dict", "tuple"))
"""Kinds of what may hold a buffer."""
