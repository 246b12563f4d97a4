"""A field of a dataclass has a list, a dict or an array as its default.

## Why is this bad?
linen modules, flax.struct and dataclass refuse defaults that cannot be hashed: ValueError when
the class is defined.

## Use instead
A tuple, or `dataclasses.field(default_factory=list)`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import ModuleEnd
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Klass

MAKERS = frozenset(("dataclasses.dataclass", "flax.struct.dataclass", "chex.dataclass"))
DISPLAYS = (ast.List, ast.Dict, ast.Set)
ARRAYS = frozenset(("jax.numpy.zeros", "jax.numpy.ones", "jax.numpy.array", "jax.numpy.asarray"))


def check(event: ModuleEnd) -> Iterator[Found]:
    """Report annotated fields with such a default."""
    for klass in event.lint.classes:
        is_linen = klass.is_linen_module
        is_data = any((d.name or d.op) in MAKERS for d in klass.decorators)
        if not is_linen and not is_data:
            continue
        for field in klass.node.body:
            if not isinstance(field, ast.AnnAssign) or field.value is None:
                continue
            if isinstance(field.annotation, ast.Subscript) and "ClassVar" in event.lint.text(
                field.annotation
            ):
                continue
            if isinstance(field.value, DISPLAYS) or is_array(klass, field):
                yield Found(
                    field,
                    f"`{event.lint.text(field.target)}` has a default that can't be hashed:"
                    " ValueError when the class is defined. Use a tuple, or a default_factory.",
                )


def is_array(klass: Klass, field: ast.AnnAssign) -> bool:
    """Whether the default is an array that is made on the spot."""
    match field.value:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=module), attr=word)):
            value, _ = klass.frame.lookup(module) if klass.frame is not None else (None, None)
            return value is not None and f"{value.name}.{word}" in ARRAYS
        case _:
            return False


RULE = Rule(
    "FLX123",
    "mutable-default",
    "error",
    ((ModuleEnd, check),),
    confirm="run",
    page=__doc__ or "",
)
