"""A name is used that will go.

## Why is this bad?
It still works and warns; a later release will not have it.

## Use instead
The name that replaces it.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Attribute, Event, Import
from jax_workbench.tools.lint_jax_code.engine.removed import Gone, removed_names
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Attribute) -> Iterator[Found]:
    """Report deprecated attributes of modules."""
    gone = removed_names().get(event.name) if event.name else None
    if gone is not None and gone.status == "deprecated":
        yield from found(event, event.node, event.name, gone)


def check_import(event: Import) -> Iterator[Found]:
    """Report deprecated imports."""
    gone = removed_names().get(event.name)
    if gone is not None and gone.status == "deprecated":
        yield from found(event, event.alias, event.name, gone)


def found(event: Event, node: ast.AST, name: str, gone: Gone) -> Iterator[Found]:
    """The finding, unless the code asks for versions or re-exports."""
    is_reexport = event.lint.source.filename.endswith("__init__.py")
    if event.lint.guard_depth or is_reexport:
        return
    advice = f" Use {gone.replacement}." if gone.replacement else ""
    yield Found(
        node,
        f"{name} is deprecated.{advice}",
        severity="info" if event.lint.profile == "library" else None,
    )


RULE = Rule(
    "JAX802",
    "deprecated-api",
    "warning",
    (
        (Attribute, check),
        (Import, check_import),
    ),
    confirm="none",
    page=__doc__ or "",
)
