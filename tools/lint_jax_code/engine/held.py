"""What a list, tuple or dict holds, also where only a sample of its elements is known."""

from typing import Final

from jax_workbench.tools.lint_jax_code.engine.values import Value, leaves

SAMPLE: Final = ("sample",)
"""Where a container whose elements are not known one by one keeps one of them."""
CONTAINERS: Final = frozenset(("list", "tuple", "dict"))


def held(container: Value) -> list[Value]:
    """The elements that are proven to be in a container, nested ones too; samples of the others."""
    if container.kind not in CONTAINERS:
        return []
    parts = leaves(container) if container.items or container.entries else []
    if container.op == "comprehension":
        parts += container.args
    if SAMPLE in container.derived:
        parts.append(container.derived[SAMPLE])
    return [leaf for part in parts for leaf in (held(part) or [part])]


def put(container: Value, element: Value) -> None:
    """Remember an element whose place in the container is not known."""
    container.derived.setdefault(SAMPLE, element)


def put_all(container: Value, elements: Value) -> None:
    """Remember what `extend` and `update` add."""
    for element in held(elements)[:1]:
        put(container, element)
