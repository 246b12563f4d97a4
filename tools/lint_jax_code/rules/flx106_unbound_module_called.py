"""A linen module is called outside of apply.

## Why is this bad?
It has no parameters: CallCompactUnboundModuleError, or ScopeParamNotFoundError.

## Use instead
`module.apply(variables, x)`; for another method `module.apply(variables, x, method="encode")`.
"""

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeGuard

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, shown
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.linen import is_linen
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.frames import Frame


def check(event: Call) -> Iterator[Found]:
    """Report calls of modules where no module around can hold their parameters."""
    if is_guarded(event) or not (is_linen(event.callee) or is_method_of_layers(event)):
        return
    is_outside = event.frame.root.function is None or is_of_the_file(event)
    if is_outside and not is_in_a_module(event):
        how = "" if is_linen(event.callee) else f', method="{event.method}"'
        yield Found(
            event.node,
            f"`{shown(event.lint, event.node.func)}` has no parameters outside of apply: it raises."
            f" Write .apply(variables, ...{how}).",
        )


def is_method_of_layers(event: Call) -> bool:
    """Whether it is a module's own method, which reads what `setup` makes."""
    module = event.owner
    if module is None or module.klass is None or not is_linen(module):
        return False
    method, setup = module.klass.member(event.method), module.klass.member("setup")
    if method is None or method.function is None or setup is None or setup.function is None:
        return False
    made = {n.attr for n in ast.walk(setup.function.node) if is_of_self(n, ast.Store)}
    return any(is_of_self(n, ast.Load) and n.attr in made for n in ast.walk(method.function.node))


def is_of_self(node: ast.AST, context: type[ast.expr_context]) -> TypeGuard[ast.Attribute]:
    """Whether it reads or binds an attribute of `self`."""
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.ctx, context)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    )


def is_of_the_file(event: Call) -> bool:
    """Whether the module was made at the level of the file: no other module is its parent."""
    func = event.node.func
    module = event.callee if isinstance(func, ast.Name) else event.owner
    name = func.value if isinstance(func, ast.Attribute) else func
    if not isinstance(name, ast.Name):
        return False
    value, place = event.frame.lookup(name.id)
    is_global = place is not None and place.function is None and place.klass is None
    return is_global and value is module


def is_in_a_module(event: Call) -> bool:
    """Whether the code around, or what called it, is a method or runs inside of an apply."""
    scope: Frame | None = event.frame.root
    while scope is not None:
        function = scope.function
        if function is not None and (function.klass is not None or function.stand_in is not None):
            return True
        outer = scope.outer
        while outer is not None:
            if outer.function is not None and outer.function.klass is not None:
                return True
            outer = outer.outer
        scope = scope.caller.root if scope.caller is not None else None
    return False


RULE = Rule(
    "FLX106",
    "unbound-module-called",
    "error",
    ((Call, check),),
    confirm="run",
    page=__doc__ or "",
)
