"""The result of `train()` or `eval()` is taken for the module.

## Why is this bad?
Both change the module in place and give None.

## Use instead
`model.eval()` as a statement.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Bind
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value


def check(event: Bind) -> Iterator[Found]:
    """Report `model = model.eval()` of nnx modules."""
    made, owner = event.value, event.value.parent
    if made.op not in {".eval()", ".train()"} or owner is None or not is_module(owner):
        return
    yield Found(
        event.node,
        f"{made.op[1:]} changes the module and gives None, which `{event.name}` is now. Make it a"
        " statement of its own.",
    )


def is_module(owner: Value) -> bool:
    """Whether it is proven to be a module of nnx."""
    if owner.kind == "instance" and owner.klass is not None:
        return owner.klass.is_nnx_module and owner.klass.member("eval") is None
    is_made = owner.constructor.startswith("flax.nnx.")
    origin = owner.parent if owner.op == "passed" else None
    return is_made or (origin is not None and origin.constructor.startswith("flax.nnx."))


RULE = Rule(
    "NNX121",
    "mode-gives-nothing",
    "error",
    ((Bind, check),),
    confirm="run",
    page=__doc__ or "",
)
