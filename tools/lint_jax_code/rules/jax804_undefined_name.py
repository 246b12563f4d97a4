"""A name is used that nothing binds.

## Why is this bad?
NameError.

## Use instead
Import it, or define it.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import ModuleEnd
from jax_workbench.tools.lint_jax_code.engine.rule import Edit, Fix, Found, Rule
from jax_workbench.tools.lint_jax_code.engine.well_known import WELL_KNOWN


def check(event: ModuleEnd) -> Iterator[Found]:
    """Report names without a binding; in a snippet only those that everybody imports alike."""
    if event.lint.source.broken is not None:
        return
    is_snippet = event.lint.profile == "snippet"
    for node in event.lint.facts.undefined():
        line = WELL_KNOWN.get(node.id)
        if line is not None:
            offset = import_offset(event)
            fix = Fix("safe", line, (Edit(offset, offset, f"{line}\n"),))
            yield Found(node, f"`{node.id}` is not imported: NameError. Add {line}.", fix=fix)
        else:
            meant = next((n for n in sorted(event.lint.facts.bound) if is_slip(node.id, n)), "")
            hint = f" `{meant}` is bound, and one letter away." if meant else ""
            yield Found(
                node,
                f"Nothing in the text binds `{node.id}`: NameError unless it comes from"
                f" outside.{hint}",
                severity="info" if is_snippet and not meant else None,
            )


def is_slip(name: str, other: str) -> bool:
    """Whether a letter inside a word of a name was left out, doubled or swapped with its neighbour.

    Words of fewer than four letters, and first and last letters, tell names apart on purpose.
    """
    words, others = name.split("_"), other.split("_")
    pairs = [(a, b) for a, b in zip(words, others, strict=False) if a != b]
    if len(words) != len(others) or len(pairs) != 1:
        return False
    one, two = sorted(pairs[0], key=len)
    if len(one) < 4 or not (one + two).isalpha() or (one[0], one[-1]) != (two[0], two[-1]):
        return False
    inner = range(1, len(two) - 1)
    if len(one) < len(two):
        return any(two[:i] + two[i + 1 :] == one for i in inner)
    return any(one[: i - 1] + one[i] + one[i - 1] + one[i + 1 :] == two for i in inner)


def import_offset(event: ModuleEnd) -> int:
    """Where imports begin: behind the docstring and `__future__`."""
    source = event.lint.source
    offset = 0
    for node in source.tree.body:
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if not (is_text or is_future):
            break
        end = node.end_lineno or node.lineno
        offset = source.lines.starts[end] if end < len(source.lines.starts) else len(source.text)
    return offset


RULE = Rule(
    "JAX804",
    "undefined-name",
    "error",
    ((ModuleEnd, check),),
    confirm="none",
    page=__doc__ or "",
)
