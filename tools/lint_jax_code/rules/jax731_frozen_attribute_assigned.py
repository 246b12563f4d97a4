"""An attribute of an object that cannot change is assigned.

## Why is this bad?
Equinox modules, flax.struct dataclasses, frozen dataclasses, NamedTuples and linen modules in
__call__ refuse it: FrozenInstanceError or its kin.

## Use instead
`eqx.tree_at`, `.replace(...)`, `_replace(...)`; `self.sow` or a variable in linen.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, shown
from jax_workbench.tools.lint_jax_code.engine.events import StoreAttribute
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Klass

FROZEN_BASES = frozenset(("equinox.Module", "flax.struct.PyTreeNode", "typing.NamedTuple"))
FROZEN_DECORATORS = frozenset(("flax.struct.dataclass", "chex.dataclass"))
OPEN = frozenset(("__init__", "__post_init__", "__new__", "__setstate__", "setup"))


def check(event: StoreAttribute) -> Iterator[Found]:
    """Report stores on instances of frozen classes of this file."""
    klass = event.base.klass if event.base.kind == "instance" else None
    function = event.frame.root.function
    if (
        klass is None
        or event.target.attr.startswith("__")
        or (function is not None and function.name in OPEN)
        or is_guarded(event)
    ):
        return
    how = frozen_by(klass, is_inside=function is not None and function.klass is klass)
    if how and not has_setter(klass):
        yield Found(
            event.node,
            f"`{shown(event.lint, event.target)}` is assigned, and {klass.node.name} {how}: it"
            " raises. Make a changed copy.",
            related=((klass.node, "the class"),),
        )


def frozen_by(klass: Klass, *, is_inside: bool) -> str:
    """What makes a class refuse, in words; empty where nothing is proven to."""
    if FROZEN_BASES & klass.base_names():
        return "cannot change"
    if is_inside and klass.is_linen_module:
        return "can change its attributes in setup alone"
    for decorator in (d for k in klass.lineage() for d in k.node.decorator_list):
        if isinstance(decorator, ast.Call) and any(
            k.arg == "frozen" and isinstance(k.value, ast.Constant) and k.value.value is True
            for k in decorator.keywords
        ):
            return "is frozen"
    if any(d.name in FROZEN_DECORATORS - {"chex.dataclass"} for d in klass.decorators):
        return "is frozen"
    return ""


def has_setter(klass: Klass) -> bool:
    """Whether the class says itself what assigning does."""
    return klass.member("__setattr__") is not None


RULE = Rule(
    "JAX731",
    "frozen-attribute-assigned",
    "error",
    ((StoreAttribute, check),),
    confirm="run",
    page=__doc__ or "",
)
