"""An nnx module is used like one of linen.

## Why is this bad?
nnx knows no `setup`, `init`, `apply`, `param` and `make_rng`: the layers are never made, or
AttributeError.

## Use instead
Make the layers in `__init__`, and call the module.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, shown
from jax_workbench.tools.lint_jax_code.engine.events import Before, ModuleEnd
from jax_workbench.tools.lint_jax_code.engine.nnx import is_module
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Klass, Value

METHODS = (
    "apply",
    "init",
    "init_with_output",
    "bind",
    "unbind",
    "param",
    "variable",
    "make_rng",
    "tabulate",
    "get_variable",
    "put_variable",
    "has_variable",
)


def check(event: ModuleEnd) -> Iterator[Found]:
    """Report the classes of the file that have no __init__ of their own."""
    if "setup" in event.lint.facts.calls:
        return
    for klass in event.lint.classes:
        setup = next((m for m in klass.node.body if is_setup(m)), None)
        if setup is not None and is_closed(klass) and klass.member("__init__") is None:
            yield Found(
                setup,
                f"`{klass.node.name}.setup` is never called: nnx modules have no setup, and the"
                " attributes are missing (AttributeError). Name it __init__.",
            )


def is_setup(member: ast.stmt) -> bool:
    """Whether it is a `setup` that stores attributes of self."""
    if not isinstance(member, ast.FunctionDef) or member.name != "setup" or not member.args.args:
        return False
    first = member.args.args[0].arg
    return any(
        isinstance(n, ast.Attribute)
        and isinstance(n.ctx, ast.Store)
        and isinstance(n.value, ast.Name)
        and n.value.id == first
        for n in ast.walk(member)
    )


def is_closed(klass: Klass) -> bool:
    """Whether every base is of this file, or nnx.Module itself."""
    bases = [base for k in klass.lineage() for base in k.bases]
    names = {base.name for base in bases if base.klass is None}
    return names == {"flax.nnx.Module"}


def check_call(event: Before) -> Iterator[Found]:
    """Report calls of methods that the module is proven not to have."""
    owner = event.owner
    if owner is None or event.method not in METHODS or not is_module(owner) or is_guarded(event):
        return
    if event.method in owner.attributes or has_own(owner, event.method):
        return
    yield Found(
        event.node,
        f"`{shown(event.lint, event.node.func)}` is of linen: nnx modules have no"
        f" {event.method} (AttributeError). Call the module itself.",
    )


def has_own(owner: Value, name: str) -> bool:
    """Whether a class of this file may have that attribute."""
    klass = owner.klass
    if klass is None:
        return False
    is_open = not is_closed(klass) or klass.member("__getattr__") is not None
    return is_open or klass.member(name) is not None or stores(klass, name)


def stores(klass: Klass, name: str) -> bool:
    """Whether the class names that attribute somewhere else than where it is read."""
    nodes = [node for k in klass.lineage() for node in ast.walk(k.node)]
    is_set = any(isinstance(n, ast.Attribute) and n.attr == name and is_stored(n) for n in nodes)
    return is_set or any(isinstance(n, ast.Name) and n.id in {"setattr", name} for n in nodes)


def is_stored(node: ast.Attribute) -> bool:
    """Whether it is assigned."""
    return isinstance(node.ctx, ast.Store)


RULE = Rule(
    "NNX122",
    "linen-habits",
    "error",
    ((ModuleEnd, check), (Before, check_call)),
    confirm="run",
    calls=tuple(f".{method}" for method in METHODS),
    page=__doc__ or "",
)
