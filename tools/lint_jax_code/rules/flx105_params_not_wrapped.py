"""A linen module is applied to its parameters alone.

## Why is this bad?
apply takes a dict of collections: ApplyScopeInvalidVariablesTypeError.

## Use instead
`module.apply({"params": params}, x)`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, replaced
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.linen import is_bare
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report `apply(variables["params"], ...)`, also where a transformation hands it on."""
    if event.method not in {"apply", "apply_fn"} or not event.args or is_guarded(event):
        return
    if is_bare(event.args[0]):
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
    calls=(".apply", ".apply_fn"),
    page=__doc__ or "",
)
