"""What conditions ask: whether a library has something, a value is None, a shape is that one."""

import ast
from collections.abc import Callable
from operator import eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING, Final, NamedTuple

from jax_workbench.tools.lint_jax_code.engine.frames import Frame, is_none
from jax_workbench.tools.lint_jax_code.engine.keys import origin
from jax_workbench.tools.lint_jax_code.engine.values import Value

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.analysis import Analysis


GUARDS = (
    "hasattr",
    "version",
    "TYPE_CHECKING",
    "find_spec",
    "attr='signature'",
    "func=Name(id='signature'",
)
"""Words of conditions that ask whether something is there."""

COMPARISONS: Final[dict[str, Callable[[int, int], bool]]] = {
    "Eq": eq,
    "NotEq": ne,
    "Lt": lt,
    "LtE": le,
    "Gt": gt,
    "GtE": ge,
}


class Question(NamedTuple):
    """A condition that compares a name with None."""

    name: str
    value: Value
    is_none: bool
    """Whether it is the None that makes the condition true."""


def question_of(frame: Frame, test: ast.expr) -> Question | None:
    """What a condition asks, where it is `name is None` or its opposite."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = question_of(frame, operand)
            return inner._replace(is_none=not inner.is_none) if inner is not None else None
        case ast.Compare(
            left=ast.Name(id=name),
            ops=[ast.Is() | ast.IsNot() as operator],
            comparators=[ast.Constant(value=None)],
        ):
            value, _ = frame.lookup(name)
            if value is None or is_none(value):
                return None
            return Question(name, value, isinstance(operator, ast.Is))
        case _:
            return None


def can_enter(lint: "Analysis", frame: Frame, question: Question | None, *, is_true: bool) -> bool:
    """Whether control may come into an arm; notes what the condition proves there."""
    if question is None:
        return True
    if is_true is question.is_none:
        return not _is_present(lint, frame, question)
    lint.present |= {question.value.serial}
    return True


def _is_present(lint: "Analysis", frame: Frame, question: Question) -> bool:
    value = question.value
    if value.serial in lint.present or origin(value).serial in lint.present:
        return True
    function = frame.root.function
    # Who binds an argument beforehand means something by it.
    return function is not None and function.partial_kwargs.get(question.name) is value


def decided_by_shapes(test: Value) -> bool | None:
    """What a comparison of a known length or rank with a number gives; None where it is open."""
    compares = COMPARISONS.get(test.op)
    if compares is None or len(test.args) != 2 or all(a.kind != "shape" for a in test.args):
        return None
    left, right = (a.const for a in test.args)
    is_known = isinstance(left, int) and isinstance(right, int)
    return bool(compares(left, right)) if is_known else None
