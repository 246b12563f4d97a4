"""A library name, or a sum and product of names, as one formula. Runs in the worker."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.fit_curve.expression import names_in, parse_formula
from jax_workbench.tools.fit_curve.library.algebra import ALGEBRA, numbered
from jax_workbench.tools.fit_curve.library.chemistry import CHEMISTRY
from jax_workbench.tools.fit_curve.library.decays import DECAYS
from jax_workbench.tools.fit_curve.library.entry import Entry
from jax_workbench.tools.fit_curve.library.peaks import PEAKS
from jax_workbench.tools.fit_curve.library.steps import STEPS

LIBRARY: Mapping[str, Entry] = {**PEAKS, **DECAYS, **STEPS, **CHEMISTRY, **ALGEBRA}


def entry_of(name: str) -> Entry | None:
    """The model of that name, or None."""
    return LIBRARY.get(name) or numbered(name)


def formula_of(text: str, predictor: str) -> str | None:
    """Formula of a sum or product of library names; None where `text` is no such thing.

    A parameter name that several terms use gets the term's number, from 1.

    Raises:
        ToolError: `bad_argument`, where library names stand beside names that are none.
    """
    if (
        not text.replace("_", "")
        .replace("+", "")
        .replace("*", "")
        .replace(" ", "")
        .strip("()")
        .replace("(", "")
        .replace(")", "")
        .isalnum()
    ):
        return None
    tree = parse_formula(text)
    names = list(names_in(tree))
    known = [name for name in names if entry_of(name)]
    if not known or predictor in names:
        return None
    if len(known) < len(names) or not is_sum_or_product(tree):
        wrong = next((name for name in names if not entry_of(name)), text)
        near = get_close_matches(wrong, LIBRARY, n=1)
        raise ToolError(
            "bad_argument",
            f"model: {wrong!r} is no model of the library.",
            f"Did you mean {near[0]}?" if near else "Write the whole model as a formula in x.",
        )
    return ast.unparse(Composer(tree, predictor).composed(tree, is_later_factor=False))


def is_sum_or_product(node: ast.expr) -> bool:
    """Whether names are only added and multiplied."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mult):
        return is_sum_or_product(node.left) and is_sum_or_product(node.right)
    return isinstance(node, ast.Name)


def suggestion(text: str) -> str:
    """A library name that `text` may have meant; empty where none is near."""
    near = get_close_matches(text.strip(), LIBRARY, n=1)
    return near[0] if near else ""


def factors(node: ast.expr, *, is_later_factor: bool) -> Iterator[tuple[str, bool]]:
    """Names from left to right, each with whether it stands behind another factor."""
    if isinstance(node, ast.BinOp):
        is_product = isinstance(node.op, ast.Mult)
        yield from factors(node.left, is_later_factor=is_later_factor)
        yield from factors(node.right, is_later_factor=is_product or is_later_factor)
    elif isinstance(node, ast.Name):
        yield node.id, is_later_factor


def own_parameters(name: str, *, is_later_factor: bool) -> set[str]:
    """Parameters that a model brings into the formula."""
    entry = entry_of(name)
    dropped = {"x", entry.scale} if entry and is_later_factor else {"x"}
    return set(names_in(parse_formula(formula(name)))) - dropped


class Composer:
    """Puts the formulas of several models into one tree."""

    def __init__(self, tree: ast.expr, predictor: str) -> None:
        """`tree` is a sum and product of library names."""
        self._predictor = predictor
        self._number = 0
        self._n_uses = Counter(
            parameter
            for name, is_later_factor in factors(tree, is_later_factor=False)
            for parameter in own_parameters(name, is_later_factor=is_later_factor)
        )

    def composed(self, node: ast.expr, *, is_later_factor: bool) -> ast.expr:
        """The tree with formulas in place of names."""
        if isinstance(node, ast.BinOp):
            is_product = isinstance(node.op, ast.Mult)
            left = self.composed(node.left, is_later_factor=is_later_factor)
            right = self.composed(node.right, is_later_factor=is_product or is_later_factor)
            return ast.BinOp(left, node.op, right)
        assert isinstance(node, ast.Name)  # noqa: S101 - is_sum_or_product saw to it
        self._number += 1
        entry = entry_of(node.id)
        scale = entry.scale if entry and is_later_factor else ""
        return Renamed(self, scale).visit(parse_formula(formula(node.id)))

    def name(self, parameter: str) -> str:
        """`parameter` as it is called in the term at hand."""
        if parameter == "x":
            return self._predictor
        return f"{parameter}_{self._number}" if self._n_uses[parameter] > 1 else parameter


class Renamed(ast.NodeTransformer):
    """Renames the parameters of one term, and drops the scale of a later factor."""

    def __init__(self, composer: Composer, scale: str) -> None:
        """`scale` is the parameter to replace by 1; empty for none."""
        self._composer = composer
        self._scale = scale

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """A name of the formula."""
        if node.id == self._scale:
            return ast.Constant(1)
        return ast.Name(self._composer.name(node.id), node.ctx)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """The name of a function stays."""
        arguments: list[ast.expr] = [self.visit(argument) for argument in node.args]
        return ast.Call(node.func, arguments, [])


def formula(name: str) -> str:
    """The formula of a model that is known to exist."""
    entry = entry_of(name)
    return entry.formula if entry else name
