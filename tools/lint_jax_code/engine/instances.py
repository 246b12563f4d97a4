"""Objects of the file's classes, and functions that nothing is known about."""

from typing import TYPE_CHECKING

from jax_workbench.tools.lint_jax_code.engine.frames import Frame
from jax_workbench.tools.lint_jax_code.engine.invocation import enter
from jax_workbench.tools.lint_jax_code.engine.parameters import annotation_of, of_annotation
from jax_workbench.tools.lint_jax_code.engine.values import Function, Klass, Value

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.analysis import Analysis

KEPT = frozenset(
    ("object", "function", "transformed", "class", "instance", "numpy", "array", "list")
)
KEYS = frozenset(("key", "keys"))


def instance_of(lint: "Analysis", klass: Klass) -> Value:
    """An object of a class, as its __init__ leaves it."""
    made = Value("instance", klass=klass, node=klass.node)
    member = klass.member("__init__")
    if member is None or member.function is None or klass in lint.instances:
        made.attributes = _as_kept(lint.instances.get(klass, {}))
        return made
    lint.instances[klass] = {}
    names = untold(lint, member.function)
    first = next(iter(names), None)
    if first is not None:
        names[first] = made
    enter(lint, Frame(), member.function, names)
    # Numbers that __init__ stores may be others by the time a method runs.
    lint.instances[klass] = {k: v for k, v in made.attributes.items() if v.kind in KEPT | KEYS}
    made.attributes = _as_kept(lint.instances[klass])
    return made


def _as_kept(attributes: dict[str, Value]) -> dict[str, Value]:
    """What a method finds: a key may be another one than __init__ has stored, but is a key."""
    return {
        name: Value(value.kind, parent=value, op=".kept") if value.kind in KEYS else value
        for name, value in attributes.items()
    }


def untold(lint: "Analysis", function: Function) -> dict[str, Value]:
    """Parameters of a function that nothing is known about but its annotations."""
    spec = function.node.args
    names = {name: Value() for name in function.all_names}
    for parameter in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs):
        if annotation_of(lint, function.frame, parameter) not in {"", "int", "float", "bool"}:
            proven = of_annotation(annotation_of(lint, function.frame, parameter), 0)
            names[parameter.arg] = proven or Value()
    if spec.vararg is not None:
        names[spec.vararg.arg] = Value("tuple")
    if spec.kwarg is not None:
        names[spec.kwarg.arg] = Value("dict")
    return names
