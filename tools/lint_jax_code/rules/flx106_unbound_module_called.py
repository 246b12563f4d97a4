"""A linen module is called outside of apply.

## Why is this bad?
It has no parameters: CallCompactUnboundModuleError, or ScopeParamNotFoundError.

## Use instead
`module.apply(variables, x)`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, shown
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report calls of modules at the module level, and in functions without a module."""
    callee = event.callee
    klass = callee.klass if callee.kind == "instance" else None
    is_module = (klass is not None and klass.is_linen_module) or (
        callee.constructor.startswith("flax.linen.") and callee.constructor[11:12].isupper()
    )
    if is_module and event.frame.root.function is None and not is_guarded(event):
        yield Found(
            event.node,
            f"`{shown(event.lint, event.node.func)}` has no parameters outside of apply: it raises."
            " Write .apply(variables, ...).",
        )


RULE = Rule(
    "FLX106",
    "unbound-module-called",
    "error",
    ((Call, check),),
    confirm="run",
    page=__doc__ or "",
)
