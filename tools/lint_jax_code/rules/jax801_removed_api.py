"""A name is used that the library no longer has.

## Why is this bad?
AttributeError or ImportError on the installed versions.

## Use instead
The name that replaced it.
"""

import ast
import difflib
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import replaced
from jax_workbench.tools.lint_jax_code.engine.canonical import ARRAY_METHODS
from jax_workbench.tools.lint_jax_code.engine.events import Attribute, Import
from jax_workbench.tools.lint_jax_code.engine.removed import Gone, removed_names
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule
from jax_workbench.tools.lint_jax_code.engine.surface import (
    array_attributes,
    is_absent,
    neighbours,
    version_of,
)
from jax_workbench.tools.lint_jax_code.engine.values import Value

MODULES = frozenset(
    (
        "jax.example_libraries.optimizers",
        "jax.example_libraries.stax",
        "jax.extend.linear_util",
        "jax.extend.random",
    )
)
"""Names of the table that are modules themselves."""


def check(event: Attribute) -> Iterator[Found]:
    """Report attributes of modules and arrays that are gone."""
    if event.lint.guard_depth:
        return
    if event.name:
        gone = removed_names().get(event.name)
        if gone is not None and gone.status != "deprecated":
            yield found(event, event.node, event.name, gone)
        elif gone is None and isinstance(event.node.ctx, ast.Load) and is_absent(event.name):
            yield absent(event.node, event.name, "AttributeError")
    elif event.base.kind == "array" and event.base.op != "[]":
        gone = removed_names().get(f"array.{event.node.attr}")
        if gone is not None:
            yield found(event, event.node, f"array.{event.node.attr}", gone)
        elif is_made_here(event.base) and is_unknown(event.node):
            yield Found(
                event.node,
                f"A JAX array has no attribute {event.node.attr}: AttributeError.",
            )


def is_unknown(node: ast.Attribute) -> bool:
    """Whether arrays have no such public attribute."""
    is_public = isinstance(node.ctx, ast.Load) and not node.attr.startswith("_")
    return is_public and node.attr not in array_attributes()


def is_made_here(value: Value, depth: int = 6) -> bool:
    """Whether a function of jax.numpy is seen to have made the array, or what it was taken of."""
    if value.alternatives or depth == 0:
        return False
    if value.op == "passed" and value.parent is not None:
        return is_made_here(value.parent, depth - 1)
    if value.op[1:] in ARRAY_METHODS and value.args:
        return is_made_here(value.args[0], depth - 1)
    return value.op.startswith(("jax.numpy.", "jax.random.", "jax.nn."))


def check_import(event: Import) -> Iterator[Found]:
    """Report imports of names and modules that are gone."""
    gone = removed_names().get(event.name)
    if gone is not None and gone.status != "deprecated" and not event.lint.guard_depth:
        yield found(event, event.alias, event.name, gone)
    elif gone is None and is_absent(event.name) and not event.lint.guard_depth:
        yield absent(event.alias, event.name, "ImportError")


def absent(node: ast.AST, name: str, raised: str) -> Found:
    """The finding for a name that the installed version has not, and that no table explains."""
    module, _, last = name.rpartition(".")
    library = name.partition(".")[0]
    close = difflib.get_close_matches(last, neighbours(name), n=1, cutoff=0.75)
    advice = f" Is {module}.{close[0]} meant?" if close else ""
    where = f"{module} has no {last} in {library} {version_of(library)}"
    return Found(node, f"{where}: {raised}.{advice}")


def found(event: Attribute | Import, node: ast.AST, name: str, gone: Gone) -> Found:
    """The finding, with the new name where there is one."""
    advice = f" Use {gone.replacement}." if gone.replacement else ""
    raised = "ImportError" if isinstance(event, Import) else "AttributeError"
    word = "is gone" if gone.status == "removed" else "does not exist"
    return Found(
        node,
        f"{name} {word}: {raised}.{advice}",
        fix=mended(event, name, gone) if isinstance(event, Attribute) else None,
    )


def mended(event: Attribute, name: str, gone: Gone) -> Fix | None:
    """The new name, where only the ends of the names differ."""
    old_module, _, _ = name.rpartition(".")
    node = event.node
    if gone.how != "rename" or not gone.replacement:
        return None
    base = event.lint.text(node.value)
    if gone.replacement.startswith(f"{old_module}."):
        text = f"{base}{gone.replacement[len(old_module) :]}"
    elif gone.replacement.startswith("jax.numpy."):
        text = f"jnp.{gone.replacement[10:]}"
    elif gone.replacement.startswith("jax.") and "jax" in event.lint.facts.bound:
        text = gone.replacement
    else:
        return None
    needed = ("import jax.numpy as jnp",) if text.startswith("jnp.") else of_module(event, gone)
    return Fix("safe", f"Use {gone.replacement}", (replaced(event.lint, node, text),), needed)


def of_module(event: Attribute, gone: Gone) -> tuple[str, ...]:
    """The import of the new name's module, where `import jax` alone does not bring it."""
    module = (
        gone.replacement if gone.replacement in MODULES else gone.replacement.rpartition(".")[0]
    )
    is_apart = module.startswith(("jax.extend", "jax.example_libraries"))
    return (f"import {module}",) if is_apart and module not in event.lint.facts.imports else ()


RULE = Rule(
    "JAX801",
    "removed-api",
    "error",
    (
        (Attribute, check),
        (Import, check_import),
    ),
    confirm="run",
    page=__doc__ or "",
)
