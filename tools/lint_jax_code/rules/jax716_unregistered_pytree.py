"""An object that is no pytree is given to a staged function.

## Why is this bad?
JAX can't take it apart into arrays: TypeError, not a valid JAX type.

## Use instead
`jax.tree_util.register_dataclass` above @dataclass.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.calls_of import arguments_of
from jax_workbench.tools.lint_jax_code.engine.events import Call, CallTransformed, FunctionEnd
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import STAGED, leaves

CARRIES = {
    "jax.lax.scan": (1, "init"),
    "jax.lax.fori_loop": (3, "init_val"),
    "jax.lax.while_loop": (2, "init_val"),
}
STAGING = frozenset(("jit", "vmap", "pmap", "checkpoint", "grad", "value_and_grad"))


def check(event: CallTransformed) -> Iterator[Found]:
    """Report instances of plain classes of this file as arguments."""
    transform = event.transform
    if transform.name not in STAGING or not transform.dotted.startswith("jax."):
        return
    if transform.name in {"grad", "value_and_grad"} and transform.option("argnums", 0) is not None:
        return
    for passed in arguments_of(event):
        klass = passed.value.klass if passed.value.kind == "instance" else None
        if transform.name in {"grad", "value_and_grad"} and passed.position != 0:
            continue
        if klass is not None and klass.is_plain and not passed.is_static:
            yield Found(
                passed.node,
                f"{klass.node.name} is no pytree, and {transform.name} traces this argument:"
                " TypeError. Register it with jax.tree_util.register_dataclass.",
                related=((klass.node, "the class"),),
            )


def check_end(event: FunctionEnd) -> Iterator[Found]:
    """Report instances of plain classes of this file that a jitted function returns."""
    around = event.frame.transforms
    is_outermost = event.frame.caller is not None and event.frame.caller.staged < STAGED
    if not around or around[0].name != "jit" or not around[0].dotted.startswith("jax."):
        return
    if not is_outermost or is_guarded(event):
        return
    for node, value in event.returned:
        made_here = value.kind == "instance" and value.serial > event.frame.entered
        if made_here and value.klass is not None and value.klass.is_plain:
            yield Found(
                node,
                f"{value.klass.node.name} is no pytree, and jit can't give it back: TypeError."
                " Register it with jax.tree_util.register_dataclass.",
                related=((value.klass.node, "the class"),),
            )


def check_loop(event: Call) -> Iterator[Found]:
    """Report instances of plain classes of this file as the carry of a loop."""
    place = CARRIES.get(event.name)
    carry = event.argument(*place) if place is not None else None
    if carry is None or is_guarded(event):
        return
    for leaf in leaves(carry):
        if leaf.kind == "instance" and leaf.klass is not None and leaf.klass.is_plain:
            yield Found(
                event.node,
                f"{leaf.klass.node.name} is no pytree, and the loop carries it: TypeError. Register"
                " it with jax.tree_util.register_dataclass.",
                related=((leaf.klass.node, "the class"),),
            )
            return


RULE = Rule(
    "JAX716",
    "unregistered-pytree",
    "error",
    ((CallTransformed, check), (Call, check_loop), (FunctionEnd, check_end)),
    confirm="trace",
    page=__doc__ or "",
)
