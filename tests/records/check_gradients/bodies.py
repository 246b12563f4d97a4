"""Faulty functions given by their body."""

from tests.records.check_gradients.cases import Case, module


def of_body(  # noqa: PLR0913 - a table's row says what it means
    kind: str,
    name: str,
    body: str,
    arguments: str,
    *primitives: str,
    leaf: str = "args[0]",
    index: tuple[int, ...] | None = None,
    setup: str = "",
    order: int = 1,
) -> Case:
    """`body` is that of fn; the line with HERE must be named."""
    code = module(setup, body.replace("\n", "\n    "), arguments)
    return Case(f"{kind}: {name}", code, kind, order, leaf, index, "", frozenset(primitives))
