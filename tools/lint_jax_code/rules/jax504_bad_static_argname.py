"""static_argnames or donate_argnames names no parameter.

## Why is this bad?
jit checks the names against the signature: ValueError.

## Use instead
The name of a parameter.
"""

import ast
import difflib
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import option_node, replaced
from jax_workbench.tools.lint_jax_code.engine.events import Transformed
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

NAMES = ("static_argnames", "donate_argnames")
NUMBERS = ("static_argnums", "donate_argnums")


def check(event: Transformed) -> Iterator[Found]:
    """Report names and positions that the signature does not have."""
    transform, function = event.transform, event.transform.inner.function
    if transform.name != "jit" or function is None or transform.inner.op:
        return
    spec = function.node.args
    for option in NAMES:
        for value, node in entries(transform.option(option), option_node(transform.node, option)):
            name = value.const
            known = function.all_names
            if spec.kwarg is None and isinstance(name, str) and name not in known:
                yield found(event, node, name, known)
    n_given = len(spec.posonlyargs) + len(spec.args)
    for option in NUMBERS:
        for value, node in entries(transform.option(option), option_node(transform.node, option)):
            number = value.const
            if (
                spec.vararg is None
                and isinstance(number, int)
                and not (-n_given <= number < n_given)
            ):
                text = f"{option} {number} is beyond the {n_given} positional parameters:"
                yield Found(node, f"{text} ValueError.")


def entries(value: Value | None, node: ast.expr | None) -> Iterator[tuple[Value, ast.expr]]:
    """The entries of an option, each with its place."""
    if value is None or node is None:
        return
    if isinstance(node, ast.Tuple | ast.List) and value.items is not None:
        yield from zip(value.items, node.elts, strict=False)
    elif value.items is None:
        yield value, node


def found(event: Transformed, node: ast.expr, name: str, known: list[str]) -> Found:
    """The finding, and the one name that is close."""
    close = difflib.get_close_matches(name, known, n=2, cutoff=0.5)
    fix = None
    if len(close) == 1 and isinstance(node, ast.Constant):
        edit = replaced(event.lint, node, f'"{close[0]}"')
        fix = Fix("safe", f"Use {close[0]}", (edit,))
    return Found(
        node,
        f"No parameter is called {name!r}: ValueError. The parameters are {', '.join(known)}.",
        fix=fix,
    )


RULE = Rule(
    "JAX504",
    "bad-static-argname",
    "error",
    ((Transformed, check),),
    confirm="trace",
    page=__doc__ or "",
)
