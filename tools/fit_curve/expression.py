"""Model text parsed by an allow-list and evaluated in JAX, never by Python. Runs in the worker."""

import ast
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy import special

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.fit_curve.bessel import j0, j1

MAX_LENGTH = 4000
MAX_NODES = 1000
MAX_INTEGER_POWER = 64
CONSTANTS = {"pi": 3.141592653589793, "e": 2.718281828459045}

FUNCTIONS: dict[str, tuple[int, Callable[..., jax.Array]]] = {
    "exp": (1, jnp.exp),
    "log": (1, jnp.log),
    "log10": (1, jnp.log10),
    "log1p": (1, jnp.log1p),
    "expm1": (1, jnp.expm1),
    "sqrt": (1, jnp.sqrt),
    "abs": (1, jnp.abs),
    "sin": (1, jnp.sin),
    "cos": (1, jnp.cos),
    "tan": (1, jnp.tan),
    "arcsin": (1, jnp.arcsin),
    "arccos": (1, jnp.arccos),
    "arctan": (1, jnp.arctan),
    "arctan2": (2, jnp.arctan2),
    "sinh": (1, jnp.sinh),
    "cosh": (1, jnp.cosh),
    "tanh": (1, jnp.tanh),
    "where": (3, jnp.where),
    "minimum": (2, jnp.minimum),
    "maximum": (2, jnp.maximum),
    "erf": (1, special.erf),
    "gamma": (1, special.gamma),
    "lgamma": (1, special.gammaln),
    "j0": (1, j0),
    "j1": (1, j1),
}
"""What may be called, with its number of arguments."""

ALIASES = {"ln": "log", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2"}

BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}

COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


@dataclass(frozen=True)
class Expression:
    """A parsed formula, with its predictors, and its parameters in order of appearance."""

    text: str
    tree: ast.expr
    predictors: tuple[str, ...]
    parameters: tuple[str, ...]

    def __call__(self, x: Sequence[jax.Array], parameters: Sequence[jax.Array]) -> jax.Array:
        """Value at `x`, one array of shape (n,) for each predictor; gives shape (n,)."""
        values = dict(zip(self.predictors, x, strict=True))
        values.update(zip(self.parameters, parameters, strict=True))
        return jnp.broadcast_to(evaluate(self.tree, values), x[0].shape)


def parse_expression(text: str, predictors: Sequence[str]) -> Expression:
    """Read `text`; every name that is no predictor, function or constant becomes a parameter.

    Raises:
        ToolError: `bad_argument`, naming what may not stand in an expression.
    """
    tree = parse_formula(text)
    names = list(dict.fromkeys(names_in(tree)))
    if not any(name in predictors for name in names):
        raise refused(
            f"The expression {text!r} does not contain {' or '.join(map(repr, predictors))}, so it "
            "does not depend on the data.",
            f"Write the model as a formula in {', '.join(predictors)}.",
        )
    parameters = tuple(n for n in names if n not in predictors and n not in CONSTANTS)
    if not parameters:
        raise refused(f"The expression {text!r} has no parameters to fit.", "Name at least one.")
    return Expression(ast.unparse(tree), tree, tuple(predictors), parameters)


def parse_formula(text: str) -> ast.expr:
    """The checked tree of a formula; `^` means `**`, and `y = ...` is read as its right side.

    Raises:
        ToolError: `bad_argument`.
    """
    if len(text) > MAX_LENGTH:
        raise refused(
            f"The expression has {len(text)} characters, at most {MAX_LENGTH} are read.",
            "Give long models as Python source that defines f(x, *params).",
        )
    formula = (
        text.replace("^", "**")
        .replace("\N{MINUS SIGN}", "-")
        .replace("\N{MIDDLE DOT}", "*")
        .strip()
    )
    head, equals, tail = formula.partition("=")
    if equals and not tail.startswith("=") and head.strip()[-1:] not in {"<", ">", "!"}:
        formula = tail.strip()
    try:
        tree = ast.parse(formula, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        where = getattr(error, "offset", None)
        place = (
            f" near character {where}: {formula[max(where - 8, 0) : where + 8]!r}" if where else ""
        )
        raise refused(
            f"The expression {text[:200]!r} does not parse{place}.",
            "Write it like 'a*exp(-k*x) + c'; multiplication needs a *.",
        ) from None
    if sum(1 for _ in ast.walk(tree)) > 2 * MAX_NODES:
        raise refused("The expression has too many terms.", "Give it as Python source.")
    check(tree)
    return tree


def check(node: ast.expr) -> None:
    """Raise ToolError (`bad_argument`) for whatever is not on the list."""
    match node:
        case ast.Constant(value=bool() | int() | float()):
            return
        case ast.Name(id=name):
            if name in FUNCTIONS:
                raise refused(f"{name!r} is a function and needs arguments.", "Write it as a call.")
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            check(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY or isinstance(
            op, ast.Pow
        ):
            check(left)
            check(right)
        case ast.Compare(left=left, ops=ops, comparators=others) if all(
            type(op) in COMPARISONS for op in ops
        ):
            for part in (left, *others):
                check(part)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            check_call(name, arguments)
        case _:
            raise refused(
                f"{ast.unparse(node)[:80]!r} may not stand in an expression.",
                "Use + - * / **, comparisons, numbers, names and "
                f"{', '.join(FUNCTIONS)}; or give Python source that defines f(x, *params).",
            )


def check_call(name: str, arguments: list[ast.expr]) -> None:
    """Raise ToolError (`bad_argument`) where `name` is no function or takes other arguments."""
    name = ALIASES.get(name, name)
    if name not in FUNCTIONS:
        near = get_close_matches(name, FUNCTIONS, n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise refused(
            f"{name!r} is neither a predictor nor a function.",
            f"{hint}Functions are {', '.join(FUNCTIONS)}; write a*(b) for a product.",
        )
    if len(arguments) != FUNCTIONS[name][0]:
        raise refused(
            f"{name} takes {FUNCTIONS[name][0]} arguments, got {len(arguments)}.",
            "Correct the call.",
        )
    for argument in arguments:
        check(argument)


def names_in(node: ast.expr) -> Iterator[str]:
    """Names in the order of the text, without those of functions."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Call):
        for argument in node.args:
            yield from names_in(argument)
    else:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                yield from names_in(child)


def evaluate(node: ast.expr, values: Mapping[str, Any]) -> Any:  # noqa: PLR0911 - one a kind
    """Value of a checked tree; numbers stay Python's own, so that JAX sees them as constants."""
    match node:
        case ast.Constant(value=value):
            return as_float(value)
        case ast.Name(id=name):
            return values[name] if name in values else CONSTANTS[name]
        case ast.UnaryOp(op=op, operand=operand):
            value = evaluate(operand, values)
            return -value if isinstance(op, ast.USub) else value
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return power(evaluate(left, values), right, values)
        case ast.BinOp(left=left, op=op, right=right):
            return combine(BINARY[type(op)], evaluate(left, values), evaluate(right, values))
        case ast.Compare():
            return compare(node, values)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            function = FUNCTIONS[ALIASES.get(name, name)][1]
            return function(*(jnp.asarray(evaluate(part, values)) for part in arguments))
        case _:
            raise TypeError(f"{type(node).__name__} passed the check")


def as_float(value: object) -> float:
    """A number of the text; one beyond the range of doubles is infinite."""
    try:
        return float(value)  # pyright: ignore[reportArgumentType] - checked to be a number
    except OverflowError:
        return float("inf")


def combine(operation: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    """An operation whose sides may be truth values, and may divide one constant by zero."""
    try:
        return operation(numeric(left), numeric(right))
    except (ZeroDivisionError, OverflowError):
        return float("nan")


def numeric(value: Any) -> Any:
    """A comparison's result as 0.0 and 1.0."""
    return value.astype(float) if getattr(value, "dtype", None) == np.bool_ else value


def power(base: Any, exponent: ast.expr, values: Mapping[str, Any]) -> Any:
    """`base ** exponent`; a small whole number in the text is exact and has a plain derivative."""
    value = numeric(evaluate(exponent, values))
    base = numeric(base)
    if isinstance(value, float) and isinstance(base, float):
        try:
            result = base**value
        except (ZeroDivisionError, OverflowError):
            return float("nan")
        return result if isinstance(result, float) else float("nan")
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_INTEGER_POWER:
        return base ** int(value)
    return jnp.power(base, value)


def compare(node: ast.Compare, values: Mapping[str, Any]) -> Any:
    """A comparison, chained as in Python."""
    sides = [evaluate(part, values) for part in (node.left, *node.comparators)]
    truth = jnp.asarray(True)
    for op, left, right in zip(node.ops, sides, sides[1:], strict=False):
        truth = jnp.logical_and(truth, COMPARISONS[type(op)](left, right))
    return truth


def refused(cause: str, next_step: str) -> ToolError:
    """The model's text is malformed."""
    return ToolError("bad_argument", f"model: {cause}", next_step)
