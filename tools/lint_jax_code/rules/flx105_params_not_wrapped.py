"""A linen module is applied to its parameters alone.

## Why is this bad?
apply takes a dict of collections: ApplyScopeInvalidVariablesTypeError.

## Use instead
`module.apply({"params": params}, x)`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, replaced
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report `apply(variables["params"], ...)`."""
    if event.method != "apply" or not event.args or is_guarded(event):
        return
    given = event.args[0]
    if given.op != "[]" or len(given.args) != 2 or given.args[1].const != "params":
        return
    if given.args[0].op == ".init()":
        node = event.node.args[0]
        edit = replaced(event.lint, node, f'{{"params": {event.lint.text(node)}}}')
        yield Found(
            node,
            "apply takes a dict of collections, and this is the parameters alone: it raises. Write"
            ' {"params": ...}.',
            fix=Fix("safe", "Wrap the parameters", (edit,)),
        )


RULE = Rule(
    "FLX105",
    "params-not-wrapped",
    "error",
    ((Call, check),),
    confirm="run",
    calls=(".apply",),
    page=__doc__ or "",
)
