"""An nnx module is used like one of linen.

## Why is this bad?
nnx knows no `setup`, `init` and `apply`: the layers are never made, or AttributeError.

## Use instead
Make the layers in `__init__`, and call the module.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call, ModuleEnd
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.rules.nnx102_missing_rngs import LAYERS

METHODS = frozenset(("apply", "init"))


def check(event: ModuleEnd) -> Iterator[Found]:
    """Report modules with setup and no __init__."""
    for klass in event.lint.classes:
        if "flax.nnx.Module" not in klass.base_names() or "__init__" in klass.members:
            continue
        setup = next(
            (n for n in klass.node.body if isinstance(n, ast.FunctionDef) and n.name == "setup"),
            None,
        )
        if setup is not None and "setup" not in event.lint.facts.calls:
            yield Found(
                setup,
                "nnx never calls setup: the layers of this module are not made. Make them in"
                " __init__(self, ..., *, rngs).",
            )


def check_call(event: Call) -> Iterator[Found]:
    """Report `apply` and `init` of nnx modules."""
    owner = event.owner
    if event.method not in METHODS or owner is None or is_guarded(event):
        return
    klass = owner.klass if owner.kind == "instance" else None
    is_own = klass is not None and klass.is_nnx_module and klass.member(event.method) is None
    word = owner.constructor.removeprefix("flax.nnx.")
    if is_own or (word != owner.constructor and word in LAYERS):
        yield Found(
            event.node,
            f"An nnx module has no {event.method}: AttributeError. Call the module itself; its"
            " parameters are in it.",
        )


RULE = Rule(
    "NNX122",
    "linen-habits",
    "error",
    ((ModuleEnd, check), (Call, check_call)),
    confirm="run",
    page=__doc__ or "",
)
