"""jit of a bound method compiles the parameters in.

## Why is this bad?
The module is no argument: its parameters are constants, and updates are not seen.

## Use instead
`nnx.jit(lambda module, x: module(x))`, with the module as an argument.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import ModuleEnd, Transformed
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Transformed) -> Iterator[Found]:
    """Remember jitted methods of modules."""
    transform, inner = event.transform, event.transform.inner
    owner = inner.parent or (inner.function.bound if inner.function is not None else None)
    if transform.name != "jit" or owner is None or transform.is_decorator:
        return iter(())
    is_layer = owner.kind == "object" and owner.op.startswith("flax.nnx.")
    is_own = owner.klass is not None and owner.klass.is_nnx_module and owner.kind == "instance"
    if owner.constructor in STATEFUL and owner.kwargs.keys() & {"rngs", "use_running_average"}:
        return iter((found_stateful(event),))
    if is_layer or is_own:
        event.lint.scratch.setdefault("NNX108", []).append(transform)
    return iter(())


STATEFUL = frozenset(("flax.nnx.Dropout", "flax.nnx.BatchNorm"))


def found_stateful(event: Transformed) -> Found:
    """The finding for a layer whose state is a constant of the program."""
    return Found(
        event.transform.node,
        "The layer's state is a constant of this program: every call draws the same numbers, or"
        " its statistics are lost. Pass the module as an argument to nnx.jit.",
    )


def check_end(event: ModuleEnd) -> Iterator[Found]:
    """Report them where the module is updated in the file."""
    for transform in event.lint.scratch.get("NNX108", []):
        call = transform.node
        target = call.args[0] if isinstance(call, ast.Call) and call.args else None
        while isinstance(target, ast.Attribute):
            target = target.value
        if isinstance(target, ast.Name) and is_updated(event, target.id):
            yield Found(
                call,
                f"The parameters of `{target.id}` are constants of this program, and the file"
                " updates them later. Pass the module as an argument to nnx.jit.",
            )


def is_updated(event: ModuleEnd, name: str) -> bool:
    """Whether something is stored into the module, or an optimiser updates it."""
    for node in ast.walk(event.lint.source.tree):
        target = None
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
        is_part = isinstance(target, ast.Attribute | ast.Subscript)
        while isinstance(target, ast.Attribute | ast.Subscript):
            target = target.value
        if is_part and isinstance(target, ast.Name) and target.id == name:
            return True
        match node:
            case ast.Call(func=ast.Attribute(attr="update"), args=[ast.Name(id=first), *_]) if (
                first == name
            ):
                return True
            case _:
                continue
    return False


RULE = Rule(
    "NNX108",
    "jit-bound-method-bakes-params",
    "warning",
    (
        (Transformed, check),
        (ModuleEnd, check_end),
    ),
    confirm="none",
    page=__doc__ or "",
)
