"""A linen module is called outside of apply.

## Why is this bad?
It has no parameters: CallCompactUnboundModuleError, or ScopeParamNotFoundError.

## Use instead
`module.apply(variables, x)`.
"""

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, shown
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.linen import is_linen
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.frames import Frame


def check(event: Call) -> Iterator[Found]:
    """Report calls of modules where no module around can hold their parameters."""
    if not is_linen(event.callee) or is_guarded(event):
        return
    is_outside = event.frame.root.function is None or is_of_the_file(event)
    if is_outside and not is_in_a_module(event):
        yield Found(
            event.node,
            f"`{shown(event.lint, event.node.func)}` has no parameters outside of apply: it raises."
            " Write .apply(variables, ...).",
        )


def is_of_the_file(event: Call) -> bool:
    """Whether the module was made at the level of the file: no other module is its parent."""
    func = event.node.func
    if not isinstance(func, ast.Name):
        return False
    value, place = event.frame.lookup(func.id)
    is_global = place is not None and place.function is None and place.klass is None
    return is_global and value is event.callee


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
