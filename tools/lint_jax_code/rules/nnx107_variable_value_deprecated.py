""".value of a Variable is deprecated.

## Why is this bad?
Since flax 0.12 it warns.

## Use instead
`variable[...]` for arrays, get_value() and set_value() otherwise.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import replaced
from jax_workbench.tools.lint_jax_code.engine.events import Attribute
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule

VARIABLES = frozenset(("Variable", "Param", "BatchStat", "Cache", "Intermediate"))


def check(event: Attribute) -> Iterator[Found]:
    """Report .value of proven variables."""
    maker = event.base.constructor
    if event.node.attr != "value" or not maker.startswith("flax.nnx."):
        return
    if maker[9:] in VARIABLES:
        edit = replaced(event.lint, event.node, f"{event.lint.text(event.node.value)}[...]")
        yield Found(
            event.node,
            ".value of a Variable is deprecated since flax 0.12. Use [...].",
            fix=Fix("unsafe", "Use [...]", (edit,)),
        )


RULE = Rule(
    "NNX107",
    "variable-value-deprecated",
    "info",
    ((Attribute, check),),
    confirm="none",
    page=__doc__ or "",
)
