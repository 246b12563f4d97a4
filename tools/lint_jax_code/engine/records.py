"""Fields of dataclasses, named tuples and linen modules, as the call that makes one gives them."""

import ast
from collections.abc import Callable
from typing import Final

from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.values import Klass, Value

MADE_OF_FIELDS: Final = "fields"
"""`op` of an instance whose attributes are what its fields were given."""
TREES: Final = frozenset(
    (
        "typing.NamedTuple",
        "flax.struct.dataclass",
        "chex.dataclass",
        "jax.tree_util.register_dataclass",
    )
)
STATIC_WORDS: Final = frozenset(("pytree_node", "static", "metadata"))
"""Keywords of a field that may keep it out of the leaves."""


def fill(made: Value, call: Call) -> None:
    """Give an instance the fields that the call names, in order or by keyword."""
    klass = made.klass
    if klass is None or call.has_star or call.has_double_star:
        return
    order = field_names(klass)
    if not order:
        return
    is_own_order = not any(base.klass is not None for base in klass.bases)
    by_place = zip(order, call.args, strict=False) if is_own_order else ()
    given = {name: value for name, value in (*by_place, *call.kwargs.items()) if name in order}
    made.attributes.update(given)
    made.op = MADE_OF_FIELDS
    if "typing.NamedTuple" in klass.base_names() and len(given) == len(order):
        made.items = [given[name] for name in order]


def carried(value: Value, change: Callable[[Value], Value]) -> Value:
    """An instance on the far side of a transformation, which changes the leaves of a tree."""
    klass = value.klass
    if value.op != MADE_OF_FIELDS or klass is None or not is_tree(klass):
        return value
    if not is_all_leaves(klass):
        return Value("instance", klass=klass, node=value.node)
    attributes = {name: change(part) for name, part in value.attributes.items()}
    items = [attributes[name] for name in field_names(klass)] if value.items is not None else None
    return Value(
        "instance",
        klass=klass,
        node=value.node,
        op=MADE_OF_FIELDS,
        attributes=attributes,
        items=items,
        parent=value,
    )


def field_names(klass: Klass) -> list[str]:
    """Names that the class body annotates, in their order."""
    return [
        row.target.id
        for row in klass.node.body
        if isinstance(row, ast.AnnAssign) and isinstance(row.target, ast.Name)
    ]


def is_tree(klass: Klass) -> bool:
    """Whether JAX looks into its instances."""
    decorators = {d.name for k in klass.lineage() for d in k.decorators}
    is_registered = any(k.is_registered for k in klass.lineage())
    return is_registered or bool(TREES & (klass.base_names() | decorators))


def is_all_leaves(klass: Klass) -> bool:
    """Whether every field is proven to be a leaf: a call that registers may say otherwise."""
    if any(k.is_registered for k in klass.lineage()):
        return False
    made = [
        row.value
        for k in klass.lineage()
        for row in k.node.body
        if isinstance(row, ast.AnnAssign) and isinstance(row.value, ast.Call)
    ]
    return not any(keyword.arg in STATIC_WORDS for call in made for keyword in call.keywords)
