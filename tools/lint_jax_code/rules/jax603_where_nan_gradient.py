"""where() guards a value whose gradient is not finite.

## Why is this bad?
The gradient of the branch that is not taken is multiplied by zero, and zero times infinity is
nan.

## Use instead
Two wheres: make the operand safe first, `safe = jnp.where(c, x, 1.0)`, then use it.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_same, shown, via
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

RISKY = frozenset(
    [
        *(f"jax.numpy.{name}" for name in ("sqrt", "log", "log2", "log10", "reciprocal")),
        *(f"jax.numpy.{name}" for name in ("arccos", "arcsin", "arctanh", "arctan2", "arccosh")),
        *("jax.numpy.linalg.norm", "jax.lax.sqrt", "jax.lax.log", "jax.lax.rsqrt"),
    ]
)
GROWING = frozenset(("jax.numpy.exp", "jax.numpy.expm1", "jax.numpy.sinh", "jax.numpy.cosh"))
SAFE = ("where", "maximum", "minimum", "clip", "abs", "exp", "square", "select")
COMPARISONS = frozenset(("Gt", "GtE", "Lt", "LtE", "Eq", "NotEq"))
BOTH = frozenset(("BitAnd", "BitOr", "jax.numpy.logical_and", "jax.numpy.logical_or"))
CHECKS = ("isnan", "isinf", "isfinite")
GRADIENTS = ("grad", "value_and_grad", "jacfwd", "jacrev", "hessian", "vjp")
DEEPEST = 5


def check(event: Call) -> Iterator[Found]:
    """Report branches that are singular where the condition keeps them out."""
    if event.name not in {"jax.numpy.where", "jax.lax.select"} or len(event.args) < 3:
        return
    for position in (1, 2):
        branch = event.args[position]
        if not is_kept_out(event.args[0], branch, taken=position == 1):
            continue
        is_silent = not event.lint.facts.mentions(*GRADIENTS)
        yield Found(
            event.node,
            f"The gradient of `{shown(event.lint, event.node.args[position])}` is nan where it is"
            " not taken. Make its operand safe with another jnp.where.",
            severity="info" if is_silent or event.lint.profile == "library" else None,
        )
        return


def is_kept_out(condition: Value, branch: Value, *, taken: bool) -> bool:
    """Whether the condition keeps a branch from where its slope is infinite."""
    if condition.op in BOTH:
        return any(is_kept_out(part, branch, taken=taken) for part in condition.args)
    operands = [*singular_operands(branch)]
    if condition.op.endswith(CHECKS) and condition.args:
        return bool(operands) and is_same(condition.args[0], branch)
    if condition.op not in COMPARISONS:
        return False
    is_root = branch.op in RISKY and any(is_same(part, branch) for part in condition.args)
    return (
        (is_root and bool(operands))
        or any(is_tested(condition, operand) for operand in operands)
        or overflows(condition, branch, taken=taken)
    )


def singular_operands(branch: Value, depth: int = DEEPEST) -> Iterator[Value]:
    """What a branch is singular in, if nothing has made it safe."""
    found: tuple[Value, ...] = ()
    if branch.op in RISKY:
        found = branch.args[:2] if branch.op.endswith("arctan2") else branch.args[:1]
    elif branch.op == "Div" and len(branch.args) == 2:
        found = branch.args[1:]
    elif branch.op == "Pow" and len(branch.args) == 2 and branch.args[1].is_number:
        power = branch.args[1].const
        found = branch.args[:1] if 0 < power < 1 or power < 0 else ()
    for operand in found:
        if operand.kind not in {"static", "shape"} and not operand.op.endswith(SAFE):
            yield operand
    if branch.op in {"Mult", "Add", "Sub", "USub", "Div"} and depth > 0:
        for part in branch.args:
            yield from singular_operands(part, depth - 1)


def is_tested(condition: Value, operand: Value) -> bool:
    """Whether the condition compares that very value with the edge of its domain."""
    for one, other in (condition.args, condition.args[::-1]):
        is_edge = not other.is_number or abs(other.const) <= 1
        if is_same(one, operand) and is_edge:
            return True
        if operand.op == "Sub" and any(is_same(one, a) for a in operand.args) and other.is_number:
            return True
    return False


def overflows(condition: Value, branch: Value, *, taken: bool) -> bool:
    """Whether an exponential grows without bound on the side where it is not taken."""
    if condition.op in {"Eq", "NotEq"}:
        return False
    tested, edge = condition.args
    grows_left = condition.op in {"Gt", "GtE"}
    if tested.is_number:
        tested, edge, grows_left = edge, tested, not grows_left
    if not edge.is_number:
        return False
    # With `x > 0` an exponential that is taken must not grow to the left.
    wanted = -1 if grows_left is taken else 1
    return any(
        direction(power.args[0], tested) == wanted
        for power in via(branch, DEEPEST)
        if power.op in GROWING and power.args
    )


def direction(value: Value, tested: Value, depth: int = DEEPEST) -> int:
    """1 where a value grows with another, -1 where it falls, 0 where that is not known."""
    if is_same(value, tested):
        return 1
    if depth == 0 or not value.args:
        return 0
    inner = [direction(a, tested, depth - 1) for a in value.args[:2]]
    match value.op:
        case "USub":
            return -inner[0]
        case "Add":
            return inner[0] or inner[-1]
        case "Sub":
            return inner[0] or -inner[-1]
        case "Mult":
            signs = [-1 if a.is_number and a.const < 0 else 1 for a in value.args]
            return inner[0] * signs[-1] or inner[-1] * signs[0]
        case "Div":
            return inner[0]
        case _:
            return 0


RULE = Rule(
    "JAX603",
    "where-nan-gradient",
    "warning",
    ((Call, check),),
    confirm="gradient",
    calls=("jax.numpy.where", "jax.lax.select"),
    page=__doc__ or "",
)
