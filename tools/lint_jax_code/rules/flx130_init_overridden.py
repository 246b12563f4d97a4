"""A linen module has an __init__ of its own.

## Why is this bad?
linen modules are dataclasses whose generated __init__ ends in __post_init__; without it the module
can't be used: IncorrectPostInitOverrideError.

## Use instead
Fields for the settings, and `setup` or `nn.compact` for the layers.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import ModuleEnd
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

PASSED_ON = frozenset(("__init__", "__post_init__"))


def check(event: ModuleEnd) -> Iterator[Found]:
    """Report __init__ methods of linen modules that end without the dataclass's own."""
    for klass in event.lint.classes:
        if not klass.is_linen_module:
            continue
        for member in klass.node.body:
            if not isinstance(member, ast.FunctionDef) or member.name != "__init__":
                continue
            names = {n.attr for n in ast.walk(member) if isinstance(n, ast.Attribute)}
            if not names & PASSED_ON:
                yield Found(
                    member,
                    f"`{klass.node.name}` replaces the __init__ that linen generates:"
                    " IncorrectPostInitOverrideError. Make settings fields of the class and layers"
                    " in setup.",
                )


RULE = Rule(
    "FLX130",
    "init-overridden",
    "error",
    ((ModuleEnd, check),),
    confirm="run",
    page=__doc__ or "",
)
