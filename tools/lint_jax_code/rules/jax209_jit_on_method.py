"""jit decorates a method of a class that is no pytree.

## Why is this bad?
`self` becomes an argument that JAX can't trace: TypeError, not a valid JAX type, at the first
call.

## Use instead
A jitted function of the arrays; or a registered pytree; `static_argnums=0` for frozen, hashable
objects only.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import ModuleEnd, Transformed
from jax_workbench.tools.lint_jax_code.engine.parameters import static_names
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

STAGING = frozenset(("jit", "checkpoint", "pmap", "vmap"))


def check(event: Transformed) -> Iterator[Found]:
    """Remember decorated methods; whether the class is registered shows at the end."""
    transform = event.transform
    function = transform.inner.function
    if transform.name not in STAGING or not transform.is_decorator or function is None:
        return iter(())
    if not transform.dotted.startswith("jax.") or function.klass is None:
        return iter(())
    names = function.all_names
    static = static_names(function, transform)
    if names[:1] == ["self"] and static is not None and "self" not in static:
        axes = transform.option("in_axes")
        if transform.name != "vmap" or axes is None:
            event.lint.scratch.setdefault("JAX209", []).append((transform, function))
    return iter(())


def check_end(event: ModuleEnd) -> Iterator[Found]:
    """Report those of plain classes."""
    for transform, function in event.lint.scratch.get("JAX209", []):
        if function.klass.is_plain:
            yield Found(
                transform.node,
                f"{transform.name} traces `self`, and {function.klass.node.name} is no pytree:"
                " TypeError at the call. Jit a function of the arrays instead.",
                related=((function.klass.node, "the class"),),
            )


RULE = Rule(
    "JAX209",
    "jit-on-method",
    "error",
    (
        (Transformed, check),
        (ModuleEnd, check_end),
    ),
    confirm="trace",
    page=__doc__ or "",
)
