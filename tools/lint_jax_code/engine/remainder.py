"""What nobody called: walked at the end, with as little as is known of the arguments."""

import ast
from typing import TYPE_CHECKING

from jax_workbench.tools.lint_jax_code.engine.frames import Frame
from jax_workbench.tools.lint_jax_code.engine.instances import instance_of, untold
from jax_workbench.tools.lint_jax_code.engine.invocation import enter
from jax_workbench.tools.lint_jax_code.engine.uncalled import walk_uncalled
from jax_workbench.tools.lint_jax_code.engine.values import Function

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.analysis import Analysis


def analyse_the_rest(lint: "Analysis") -> None:
    """Walk what was transformed but not called, then every function that was not walked."""
    position = 0
    while position < len(lint.transforms):
        walk_uncalled(lint, lint.transforms[position])
        position += 1
    position = 0
    while position < len(lint.functions):
        function = lint.functions[position]
        position += 1
        if function.node in lint.analysed:
            continue
        names = untold(lint, function)
        first = next(iter(function.all_names), None)
        if function.klass is not None and first is not None and _takes_self(function):
            names[first] = instance_of(lint, function.klass)
        lint.consumed, lint.donated = {}, {}
        enter(lint, Frame(), function, names)
    position = 0
    while position < len(lint.transforms):
        walk_uncalled(lint, lint.transforms[position])
        position += 1


def _takes_self(function: Function) -> bool:
    decorators = getattr(function.node, "decorator_list", [])
    return not any(
        isinstance(d, ast.Name) and d.id in {"staticmethod", "classmethod"} for d in decorators
    )
