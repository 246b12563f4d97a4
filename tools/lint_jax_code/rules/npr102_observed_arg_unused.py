"""The data of a site are never given to it.

## Why is this bad?
Without obs= the site is sampled, not conditioned on: the posterior ignores the data, silently.

## Use instead
`obs=data`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import argument_added
from jax_workbench.tools.lint_jax_code.engine.events import Call, FunctionEnd
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule


def check_call(event: Call) -> Iterator[Found]:
    """Remember which calls are sites, by whatever name the text knows `sample`."""
    if event.name == "numpyro.sample":
        event.lint.scratch.setdefault("NPR102 sites", set[ast.AST]()).add(event.node)
    return iter(())


def check(event: FunctionEnd) -> Iterator[Found]:
    """Report parameters that have a site's name and are never read."""
    function = event.function
    seen: set[ast.AST] = event.lint.scratch.setdefault("NPR102", set[ast.AST]())
    if isinstance(function.node, ast.Lambda) or function.node in seen:
        return
    seen.add(function.node)
    known: set[ast.AST] = event.lint.scratch.get("NPR102 sites", set[ast.AST]())
    read: set[str] = set()
    sites: dict[str, ast.Call] = {}
    for node in ast.walk(function.node):
        if isinstance(node, ast.Name) and node not in event.lint.facts.shape_reads:
            read.add(node.id)
        match node:
            case ast.Call(args=[ast.Constant(value=str(name)), *_]) if node in known and not any(
                k.arg in {"obs", None} for k in node.keywords
            ):
                sites[name] = node
            case _:
                continue
    for name, node in sites.items():
        if name in function.all_names and name not in read and not condition(event):
            edit = argument_added(event.lint, node, f"obs={name}")
            yield Found(
                node,
                f"`{name}` is an argument and never used; the site {name!r} has no obs=, so the"
                " data are ignored.",
                fix=Fix("unsafe", f"Add obs={name}", (edit,)),
            )


def condition(event: FunctionEnd) -> bool:
    """Whether the file conditions models by handlers."""
    return event.lint.facts.mentions("condition", "substitute")


RULE = Rule(
    "NPR102",
    "observed-arg-unused",
    "warning",
    ((Call, check_call), (FunctionEnd, check)),
    confirm="none",
    calls=("numpyro.sample",),
    page=__doc__ or "",
)
