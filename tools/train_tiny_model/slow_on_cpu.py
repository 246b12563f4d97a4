"""What of a model's form costs time on a CPU, though its results are right. Runs in the worker."""

from typing import Any

import jax

from jax_workbench.tools.contract import Note
from jax_workbench.tools.train_tiny_model.answer import note
from jax_workbench.tools.train_tiny_model.compiled import Program
from jax_workbench.tools.train_tiny_model.jaxpr_walk import equations, line_of
from jax_workbench.tools.train_tiny_model.utilisation import product_flops

MIN_SHARE, MIN_FLOPS = 0.2, 1e6
"""Of the step's matrix products, and of one step: below, there is little to gain."""
MAX_LINES = 6


def slow_on_cpu(program: Program) -> list[Note]:
    """Notes on convolutions and matrix products that could be faster in another form."""
    if program.is_own or jax.default_backend() != "cpu":
        return []
    return [*loop_of_convolutions(program), *sums_over_two_axes(program)]


def loop_of_convolutions(program: Program) -> list[Note]:
    """Say why the steps are run one by one."""
    if program.is_looped:
        return []
    text = (
        "The model holds a convolution, whose gradient in a compiled loop is slow on a CPU: steps "
        "are run one by one. As shifted slices and one matmul it may be twice as fast."
    )
    return [note("conv_not_looped", text)]


def sums_over_two_axes(program: Program) -> list[Note]:
    """Say which layers are given more than a matrix of rows.

    The gradient of a weight of `x @ w`, x of shape (batch, length, width), sums over batch and
    length. XLA's compiler for CPUs transposes both operands for that, and computes what it fuses
    into the transposition in the wrong order: benchmarks/rows_as_a_matrix.py has the times.
    """
    if program.problem.name != "custom":
        return []
    total = product_flops(program.jaxpr)
    over_two = product_flops(program.jaxpr, is_sum_over_two)
    if not total or over_two is None or over_two < max(MIN_SHARE * total, MIN_FLOPS):
        return []
    found = [e for e in equations(program.jaxpr) if is_sum_over_two(e)]
    places = (line_of(equation, program.problem.loss_code) for equation in found)
    lines = sorted({line for line in places if line is not None})
    where = f" (line {', '.join(map(str, lines[:MAX_LINES]))})" if lines else ""
    text = (
        f"{over_two / total:.0%} of the step's matrix products{where} sum over two axes or more, "
        "as gradients of weights do whose inputs are no matrix of rows; on a CPU that is slow. "
        "layer(x.reshape(-1, x.shape[-1])), shaped back after it, gives the same numbers; it took "
        "0.32 to 0.98 of the time in 32 trials (workbench://guides/performance)."
    )
    return [note("sums_over_two_axes", text)]


def is_sum_over_two(equation: Any) -> bool:
    """Whether it is a matrix product that sums over more than one axis."""
    if equation.primitive.name != "dot_general":
        return False
    summed: tuple[int, ...] = equation.params["dimension_numbers"][0][0]
    return len(summed) > 1
