"""Where a traced loss pairs every prediction with every target. Runs in the worker."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp

from jax_workbench.tools.train_tiny_model.jaxpr_walk import (
    Equation,
    Jaxpr,
    inner_jaxprs,
    is_written_in,
    line_of,
    shape_of,
)
from jax_workbench.tools.train_tiny_model.problem import Batch
from jax_workbench.tools.train_tiny_model.rows import Rows

ARITHMETIC = frozenset(("sub", "add", "mul", "div", "max", "min", "pow"))
KEEPING = frozenset(("broadcast_in_dim", "convert_element_type", "copy", "stop_gradient"))
"""Primitives that leave the numbers as they are."""


@dataclass(frozen=True)
class Origin:
    """What a value depends on, and the shape it had before it was stretched."""

    has_weights: bool = False
    has_target: bool = False
    shape: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """How many numbers there were."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Pair:
    """An operation on one number a row from the weights and one from the targets."""

    operation: str
    shapes: tuple[tuple[int, ...], tuple[int, ...]]
    result: tuple[int, ...]
    line: int | None


def mismatched_pairs(
    jaxpr: Jaxpr, origins: Sequence[Origin], batch: int, filename: str
) -> list[Pair]:
    """Where (batch,) met (batch, 1), one of them a prediction and the other a target.

    Pairs that are meant, such as every row's score with every other's, have both sides from the
    weights or none.

    Args:
        jaxpr: The traced loss.
        origins: Of its arguments, in order.
        batch: A number of rows that no other axis has.
        filename: Name of the caller's text, for the line.
    """
    walk = Walk(batch, filename)
    walk.through(jaxpr, origins, None)
    return walk.found


class Walk:
    """Follows origins through a program and the programs in it."""

    def __init__(self, batch: int, filename: str) -> None:
        """Nothing is found yet."""
        self.batch, self.filename = batch, filename
        self.found: list[Pair] = []

    def through(self, jaxpr: Jaxpr, origins: Sequence[Origin], line: int | None) -> list[Origin]:
        """Origins of the program's results; `line` is where it was called, if that counts."""
        known: dict[Any, Origin] = dict(zip(jaxpr.invars, origins, strict=True))

        def of(variable: Any) -> Origin:
            is_literal = hasattr(variable, "val")
            return Origin() if is_literal else known.get(variable, Origin(shape=shape_of(variable)))

        for equation in jaxpr.eqns:
            own = line if line is not None else line_of(equation, self.filename)
            operands = [of(variable) for variable in equation.invars]
            self._look_at(equation, operands, own)
            known.update(zip(equation.outvars, self._results(equation, operands, own), strict=True))
        return [of(variable) for variable in jaxpr.outvars]

    def _results(
        self, equation: Equation, operands: Sequence[Origin], line: int | None
    ) -> list[Origin]:
        """Origins of what an equation gives."""
        both = Origin(any(o.has_weights for o in operands), any(o.has_target for o in operands))
        inner = [*inner_jaxprs(equation)]
        for program in inner:
            is_call = len(program.invars) == len(operands)
            given = operands if is_call else [both] * len(program.invars)
            own = None if is_written_in(program, self.filename) else line
            results = self.through(program, given, own)
            if is_call and len(inner) == 1 and len(results) == len(equation.outvars):
                return results
        return [
            replace(both, shape=self._shape(equation, operands, shape_of(variable)))
            for variable in equation.outvars
        ]

    def _shape(
        self, equation: Equation, operands: Sequence[Origin], shape: tuple[int, ...]
    ) -> tuple[int, ...]:
        """The shape before stretching: kept by what works number by number."""
        rows = [o for o in operands if o.size > 1]
        if equation.primitive.name in KEEPING and rows:
            return rows[0].shape
        stretched = [v for v in equation.invars if shape_of(v) == shape]
        if len(rows) == 1 and stretched and rows[0].size < math.prod(shape):
            return rows[0].shape
        return shape

    def _look_at(self, equation: Equation, operands: Sequence[Origin], line: int | None) -> None:
        """Note the equation if it is such a pair."""
        if equation.primitive.name not in ARITHMETIC or len(operands) != 2:  # noqa: PLR2004 - a pair
            return
        result = shape_of(equation.outvars[0])
        is_square = result.count(self.batch) > 1
        if not is_square or any(o.size != self.batch for o in operands):
            return
        a, b = operands
        is_prediction_and_target = (a.has_weights and b.has_target and not b.has_weights) or (
            b.has_weights and a.has_target and not a.has_weights
        )
        if is_prediction_and_target:
            name = equation.primitive.name
            self.found.append(Pair(name, (a.shape, b.shape), result, line))


def zeros_like_batch(rows: Rows, n: int) -> Batch:
    """A batch of `n` rows of zeros, for tracing at a size that nothing else has."""
    return (
        jnp.zeros((n, *rows.x.shape[1:]), jax.dtypes.canonicalize_dtype(rows.x.dtype)),
        jnp.zeros((n, *rows.y.shape[1:]), jax.dtypes.canonicalize_dtype(rows.y.dtype)),
    )
