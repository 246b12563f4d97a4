"""A function has custom derivatives, and nobody defines them.

## Why is this bad?
Differentiating it raises AttributeError: no VJP or JVP was defined.

## Use instead
`f.defvjp(forward, backward)` or `@f.defjvp` after the definition.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import ModuleEnd
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

WAYS = {"custom_vjp": ("defvjp",), "custom_jvp": ("defjvp", "defjvps")}


def check(event: ModuleEnd) -> Iterator[Found]:
    """Report decorated functions on which no rule is set."""
    told: set[int] = set()
    for transform in event.lint.transforms:
        ways = WAYS.get(transform.name)
        if ways is None or not transform.is_decorator or id(transform.node) in told:
            continue
        if not event.lint.facts.mentions(*ways):
            told.add(id(transform.node))
            yield Found(
                transform.node,
                f"{transform.name} without {ways[0]}: differentiating raises AttributeError. Define"
                " the rules.",
            )


RULE = Rule(
    "JAX730",
    "rules-not-defined",
    "error",
    ((ModuleEnd, check),),
    confirm="run",
    page=__doc__ or "",
)
