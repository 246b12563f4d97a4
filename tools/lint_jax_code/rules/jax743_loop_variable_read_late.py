"""A compiled function that a loop stores reads the loop's variable.

## Why is this bad?
Python looks the variable up when the function is called: after the loop all of them see its last
value.

## Use instead
`jax.jit(lambda x, n=n: ...)`, or functools.partial.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import ModuleEnd
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: ModuleEnd) -> Iterator[Found]:
    """Report lambdas under a transformation that a loop appends or stores."""
    made = {
        t.node: t.inner.function.node
        for t in event.lint.transforms
        if t.inner.function is not None and isinstance(t.inner.function.node, ast.Lambda)
    }
    if not made:
        return
    for loop in ast.walk(event.lint.source.tree):
        if not isinstance(loop, ast.For):
            continue
        changing = names_in(loop.target)
        kept = [p for statement in loop.body for p in ast.walk(statement)]
        for stored in (value for part in kept for value in stored_by(part)):
            for node in ast.walk(stored):
                function = made.get(node)
                late = read_late(function) & changing if function is not None else set[str]()
                if function is not None and late:
                    yield Found(
                        function,
                        f"`{min(late)}` is read when the function is called: after the loop all"
                        f" of them see its last value. Bind it: {min(late)}={min(late)}.",
                        related=((loop.target, "changes here"),),
                    )


def stored_by(node: ast.AST) -> Iterator[ast.expr]:
    """What an append or a store into a container keeps beyond the turn."""
    match node:
        case ast.Call(func=ast.Attribute(attr="append"), args=[value]):
            yield value
        case ast.Assign(targets=[ast.Subscript()], value=value):
            yield value
        case _:
            return


def names_in(node: ast.AST) -> set[str]:
    """The names in an expression."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def read_late(function: ast.Lambda) -> set[str]:
    """Names that the body reads and the parameters do not bind."""
    spec = function.args
    bound = {p.arg for p in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)}
    return names_in(function.body) - bound


RULE = Rule(
    "JAX743",
    "loop-variable-read-late",
    "warning",
    ((ModuleEnd, check),),
    confirm="none",
    page=__doc__ or "",
)
