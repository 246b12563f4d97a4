"""Where code of linen modules runs: inside which `module.apply`."""

import ast
from typing import TYPE_CHECKING

from jax_workbench.tools.lint_jax_code.engine.events import Call, Event

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.frames import Frame


def applied_by(event: Event) -> tuple[ast.Call, frozenset[str]] | None:
    """The call of `module.apply` around, and its keywords; None where some are not known."""
    scope: Frame | None = event.frame.root
    while scope is not None:
        call, function = scope.call, scope.function
        if function is not None and function.stand_in is not None and isinstance(call, ast.Call):
            words = frozenset(k.arg or "**" for k in call.keywords)
            return None if "**" in words else (call, words)
        scope = scope.caller.root if scope.caller is not None else None
    return None


def is_switched(event: Call, name: str, *, on: bool) -> bool:
    """Whether a layer's flag is proven to be on or off, where it is made or where it is called."""
    given = event.kwargs.get(name) or event.callee.kwargs.get(name)
    return given is not None and given.const is on
