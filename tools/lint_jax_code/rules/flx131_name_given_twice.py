"""Two parameters of a linen module have the same name.

## Why is this bad?
Names tell parameters and variables of one module apart: NameInUseError.

## Use instead
A name for each.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import ModuleEnd
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: ModuleEnd) -> Iterator[Found]:
    """Report names that come twice in one method, outside of branches and nested functions."""
    for klass in event.lint.classes:
        if not klass.is_linen_module:
            continue
        for method in klass.node.body:
            if not isinstance(method, ast.FunctionDef) or not method.args.args:
                continue
            seen: set[str] = set()
            for call, name in named(method, method.args.args[0].arg):
                if name in seen:
                    yield Found(
                        call,
                        f"The module has a parameter {name!r} already: NameInUseError. Give each"
                        " its own name.",
                    )
                seen.add(name)


def named(method: ast.FunctionDef, itself: str) -> Iterator[tuple[ast.Call, str]]:
    """The parameters that every run of the method makes, by constant names."""
    for statement in method.body:
        if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr | ast.Return):
            continue
        for node in ast.walk(statement):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id=word), attr="param"),
                    args=[ast.Constant(value=str(name)), *_],
                ) if word == itself:
                    yield node, name
                case _:
                    continue


RULE = Rule(
    "FLX131",
    "name-given-twice",
    "error",
    ((ModuleEnd, check),),
    confirm="run",
    page=__doc__ or "",
)
