"""Stacks of transformations: what is inside, how strongly they trace, what comes out."""

from jax_workbench.tools.lint_jax_code.engine import canonical as known
from jax_workbench.tools.lint_jax_code.engine.parameters import left_behind
from jax_workbench.tools.lint_jax_code.engine.values import (
    DIFFERENTIATED,
    STAGED,
    Function,
    Transform,
    Value,
)

LEVELS = dict(known.TRANSFORMS.values())
MAPPING = frozenset(("vmap", "vectorize", "filter_vmap", "shard_map", "pmap"))


def innermost(value: Value) -> tuple[Function | None, list[Transform]]:
    """The function under a stack of transformations, and the stack from outside in."""
    stack: list[Transform] = []
    while value.kind == "transformed" and value.transform is not None and len(stack) < 8:
        stack.append(value.transform)
        value = value.transform.inner
    if value.kind == "instance" and value.klass is not None:
        return called_instance(value), stack
    return value.function if value.kind == "function" else None, stack


def called_instance(value: Value) -> Function | None:
    """`__call__` of an object of a class of this file, with the object as its first argument."""
    member = value.klass.member("__call__") if value.klass is not None else None
    if member is None or member.kind != "function" or member.function is None:
        return None
    old = member.function
    return Function(
        old.node, old.frame, name=old.name, klass=old.klass, bound=value, defaults=old.defaults
    )


def receiver(value: Value) -> Value | None:
    """The object whose transformed method it is: its options count `self` as the first argument."""
    function, _ = innermost(value)
    owner = value.parent
    if owner is None or owner.kind != "instance" or function is None or function.bound is not None:
        return None
    names = [getattr(d, "id", "") for d in getattr(function.node, "decorator_list", [])]
    return None if "staticmethod" in names else owner


def strength(stack: list[Transform]) -> int:
    """The strongest class of transformation in a stack."""
    return max((LEVELS.get(t.name, 0) for t in stack), default=0)


def outcome(stack: list[Transform], result: Value, args: list[Value], level: int) -> Value:
    """What the caller gets, by the outermost transformation that changes the form."""
    for transform in stack:
        has_aux = transform.option("has_aux")
        aux = has_aux is not None and has_aux.const is not False
        argnums = transform.option("argnums", 0)
        place = 0 if argnums is None else argnums.const
        is_given = isinstance(place, int) and 0 <= place < len(args)
        first = args[place] if is_given else Value()
        single = argnums is None or isinstance(argnums.const, int)
        same = first.kind if single and first.kind in {"array", "static"} else "pytree"
        gradient = Value(
            "array" if same != "pytree" else "pytree",
            op="gradient",
            traced=level if level == STAGED else 0,
            shape=first.shape,
            attributes={**_arguments(args, argnums), "of": transform.inner},
        )
        value = left_behind(result, level)
        match transform.name:
            case "grad" | "filter_grad":
                return Value("tuple", items=[gradient, Value()]) if aux else gradient
            case "value_and_grad" | "filter_value_and_grad":
                return Value("tuple", items=[value, gradient], op="value_and_grad")
            case "jacfwd" | "jacrev" | "hessian":
                return Value("pytree", op="gradient", traced=gradient.traced)
            case "make_jaxpr" | "custom_vjp" | "custom_jvp" | "custom_gradient" | "named_call":
                if transform.name == "make_jaxpr":
                    return Value()
            case "vmap" | "filter_vmap" | "vectorize" | "pmap" | "shard_map":
                return _unshaped(value)
            case _:
                continue
    return left_behind(result, level) if strength(stack) >= DIFFERENTIATED else result


def _arguments(args: list[Value], argnums: Value | None) -> dict[str, Value]:
    """What a gradient was taken at, with the differentiated argument by name."""
    place = 0 if argnums is None else argnums.const
    if not isinstance(place, int) or not 0 <= place < len(args):
        return {}
    given = {str(position): value for position, value in enumerate(args)}
    return {"differentiated": args[place], **given}


def _unshaped(value: Value) -> Value:
    if value.items is not None:
        return Value(value.kind, items=[_unshaped(i) for i in value.items])
    if value.kind == "key":
        return Value("keys")
    if value.kind != "array":
        return value
    return Value("array", traced=value.traced, dtype=value.dtype, op="result")
