"""where() guards a value whose gradient is not finite.

## Why is this bad?
The gradient of the branch that is not taken is multiplied by zero, and zero times infinity is
nan.

## Use instead
Two wheres: make the operand safe first, `safe = jnp.where(c, x, 1.0)`, then use it.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import shown
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

RISKY = frozenset(
    (
        "jax.numpy.sqrt",
        "jax.numpy.log",
        "jax.numpy.arccos",
        "jax.numpy.arcsin",
        "jax.numpy.arctanh",
        "jax.numpy.log2",
        "jax.numpy.log10",
        "jax.numpy.reciprocal",
        "jax.numpy.linalg.norm",
        "jax.lax.sqrt",
        "jax.lax.log",
        "jax.lax.rsqrt",
    )
)
SAFE = ("where", "maximum", "clip", "abs", "exp", "square")
COMPARISONS = frozenset(("Gt", "GtE", "Lt", "LtE", "Eq", "NotEq"))
GRADIENTS = ("grad", "value_and_grad", "jacfwd", "jacrev", "hessian", "vjp")


def check(event: Call) -> Iterator[Found]:
    """Report branches that are singular where the condition keeps them out."""
    if event.name not in {"jax.numpy.where", "jax.lax.select"} or len(event.args) < 3:
        return
    condition = event.args[0]
    if condition.op not in COMPARISONS:
        return
    for position in (1, 2):
        operand = singular_operand(event.args[position])
        if operand is None or not is_tested(condition, operand):
            continue
        is_silent = not event.lint.facts.mentions(*GRADIENTS)
        yield Found(
            event.node,
            f"The gradient of `{shown(event.lint, event.node.args[position])}` is nan where it is"
            " not taken. Make its operand safe with another jnp.where.",
            severity="info" if is_silent or event.lint.profile == "library" else None,
        )
        return


def singular_operand(branch: Value) -> Value | None:
    """What a branch is singular in, if nothing has made it safe."""
    operand = None
    if branch.op in RISKY and branch.args:
        operand = branch.args[0]
    elif branch.op == "Div" and len(branch.args) == 2:
        operand = branch.args[1]
    elif branch.op == "Pow" and len(branch.args) == 2 and branch.args[1].is_number:
        operand = (
            branch.args[0] if 0 < branch.args[1].const < 1 or branch.args[1].const < 0 else None
        )
    elif branch.op in {"Mult", "Add", "Sub"}:
        inner = [singular_operand(a) for a in branch.args]
        operand = next((o for o in inner if o is not None), None)
    if operand is None or operand.kind in {"static", "shape"}:
        return None
    return None if operand.op.endswith(SAFE) else operand


def is_tested(condition: Value, operand: Value) -> bool:
    """Whether the condition compares that very value with the edge of its domain."""
    for one, other in (condition.args, condition.args[::-1]):
        is_edge = not other.is_number or abs(other.const) <= 1
        if one is operand and is_edge:
            return True
        if operand.op == "Sub" and one in operand.args and other.is_number:
            return True
    return False


RULE = Rule(
    "JAX603",
    "where-nan-gradient",
    "warning",
    ((Call, check),),
    confirm="gradient",
    page=__doc__ or "",
)
