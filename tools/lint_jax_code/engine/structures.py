"""The tree structure of a value, as far as it is proven."""

from jax_workbench.tools.lint_jax_code.engine.values import Value

type Structure = str | tuple[str, tuple["Structure", ...]]

LEAVES = frozenset(("array", "numpy", "shape", "key", "keys"))
UNKNOWN = "?"


def structure(value: Value, depth: int = 0) -> Structure:
    """`leaf`, `None`, or the container with the structures of its parts; `?` where unknown."""
    if value.kind == "static":
        if value.has_const and value.const is None:
            return "None"
        is_leaf = value.is_number or isinstance(value.const, bool) or value.dtype in NUMBERS
        return "leaf" if is_leaf else UNKNOWN
    if value.kind in LEAVES:
        return "leaf"
    if value.kind in {"tuple", "list"} and value.items is not None and depth < 5:
        return value.kind, tuple(structure(i, depth + 1) for i in value.items)
    if value.kind == "dict" and value.entries is not None and depth < 5:
        keys = sorted(value.entries, key=str)
        return f"dict with {keys}", tuple(structure(value.entries[k], depth + 1) for k in keys)
    return UNKNOWN


NUMBERS = frozenset(("int", "float", "bool"))


def differ(one: Structure, other: Structure) -> bool:
    """Whether two structures are proven to be different."""
    if UNKNOWN in {one if isinstance(one, str) else "", other if isinstance(other, str) else ""}:
        return False
    if isinstance(one, str) or isinstance(other, str):
        return one != other
    if one[0] != other[0] or len(one[1]) != len(other[1]):
        return True
    return any(differ(a, b) for a, b in zip(one[1], other[1], strict=True))


def spoken(form: Structure) -> str:
    """A structure in words."""
    if isinstance(form, str):
        return "a single array" if form == "leaf" else form
    if form[0].startswith("dict"):
        return f"a {form[0]}"
    return f"a {form[0]} of {len(form[1])}"
