"""A plain list, tuple or dict of modules is assigned in an nnx.Module.

## Why is this bad?
Since flax 0.12 plain containers are static attributes and may not hold arrays: ValueError.

## Use instead
nnx.List, nnx.Dict, or nnx.data(...) around it.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import replaced, shown
from jax_workbench.tools.lint_jax_code.engine.events import Before, StoreAttribute
from jax_workbench.tools.lint_jax_code.engine.held import held
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Klass, Value

WRAPPERS = {"list": "nnx.List", "dict": "nnx.Dict", "tuple": "nnx.data"}


def check(event: StoreAttribute) -> Iterator[Found]:
    """Report containers whose elements are proven modules or variables."""
    klass, value, node = event.base.klass, event.value, event.node
    if klass is None or not is_module(klass) or value.kind not in WRAPPERS:
        return
    if not any(is_state(part) for part in held(value)) or not isinstance(node, ast.Assign):
        return
    text = f"{WRAPPERS[value.kind]}({event.lint.text(node.value)})"
    yield Found(
        node.value,
        f"`{shown(event.lint, event.target)}` gets a plain {value.kind} of modules or variables:"
        f" ValueError since flax 0.12. Use {WRAPPERS[value.kind]}.",
        fix=Fix(
            "safe",
            f"Use {WRAPPERS[value.kind]}",
            (replaced(event.lint, node.value, text),),
            ("from flax import nnx",),
        ),
    )


def is_module(klass: Klass) -> bool:
    """Whether it is an nnx.Module with the usual attributes."""
    options = {k.arg for k in klass.node.keywords}
    return "flax.nnx.Module" in klass.base_names() and "pytree" not in options


def is_state(value: Value) -> bool:
    """Whether it is a layer, a variable or a module of this file."""
    if value.kind == "instance" and value.klass is not None:
        return is_module(value.klass)
    name = value.constructor
    is_layer = name.startswith("flax.nnx.") and name.count(".") == 2
    return is_layer and name[9:] not in {"Rngs", "List", "Dict", "GraphDef"}


def check_append(event: Before) -> Iterator[Found]:
    """Report modules appended to a plain list of self."""
    func, owner = event.node.func, event.owner
    if event.method != "append" or owner is None or owner.kind != "list" or not event.args:
        return
    if not isinstance(func, ast.Attribute) or not isinstance(func.value, ast.Attribute):
        return
    function = event.frame.root.function
    is_inside = function is not None and function.klass is not None and is_module(function.klass)
    base = func.value.value
    if is_inside and isinstance(base, ast.Name) and base.id == "self" and is_state(event.args[0]):
        made = owner.node if isinstance(owner.node, ast.List) else event.node
        edits = (replaced(event.lint, made, f"nnx.List({event.lint.text(made)})"),)
        yield Found(
            made,
            f"`{shown(event.lint, func.value)}` is a plain list, and flax 0.12 does not look into"
            " it for modules: ValueError. Make it an nnx.List.",
            related=((event.node, "a module is appended here"),),
            fix=Fix("safe", "Use nnx.List", edits, ("from flax import nnx",))
            if made is owner.node
            else None,
        )


RULE = Rule(
    "NNX101",
    "plain-container-of-modules",
    "error",
    (
        (StoreAttribute, check),
        (Before, check_append),
    ),
    confirm="run",
    page=__doc__ or "",
)
