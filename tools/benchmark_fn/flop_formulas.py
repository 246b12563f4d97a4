"""Flops of single operations, by the closed formulas that people count with. Runs in the timer."""

import math
from collections.abc import Callable
from typing import Any

from jax_workbench.tools.benchmark_fn.program_facts import Facts
from jax_workbench.tools.benchmark_fn.program_ir import (
    call_setting,
    call_target,
    contracted,
    convolution_windows,
    element_type,
    is_scalar_integer,
    kind_of,
    n_elements,
    numbers_in,
    shape,
)

MOVES = {
    *("constant", "iota", "broadcast_in_dim", "reshape", "transpose", "slice", "dynamic_slice"),
    *("concatenate", "pad", "gather", "dynamic_update_slice", "convert", "bitcast_convert"),
    *("return", "tuple", "get_tuple_element", "optimization_barrier", "reverse"),
    *("real", "imag", "complex", "dynamic_iota", "dynamic_reshape", "dynamic_broadcast_in_dim"),
    "select",
}
"""Operations that move values and compute none; nor does one that gives truth values."""

MARKS = ("Sharding", "SPMD", "annotate_device_placement", "sdy", "xla.sdy", "shape_assertion")
"""Beginnings of targets that mark and compute nothing."""

COMPLEX_CONTRACTION = 4
"""A complex multiply-add is four real ones."""
COMPLEX_FLOPS = {"multiply": 6, "divide": 11}
"""Real flops of one complex operation; of any other, 2."""


def qr_flops(m: int, n: int) -> float:
    """Flops of factors Q (kept as reflections) and R."""
    k, longer = min(m, n), max(m, n)
    return 2 * longer * k**2 - 2 * k**3 / 3


def lu_flops(m: int, n: int) -> float:
    """Flops of an m x n factorisation into triangles."""
    k = min(m, n)
    return 2 * (m * n * k - (m + n) * k * k / 2 + k**3 / 3)


def q_flops(m: int, n: int, k: int) -> float:
    """Flops of writing out Q, m x n, from k reflections."""
    return 4 * m * n * k - 2 * (m + n) * k**2 + 4 * k**3 / 3


def svd_flops(m: int, n: int) -> float:
    """Flops of singular values and both sets of vectors."""
    return 4 * m * n * min(m, n) + 22 * min(m, n) ** 3


LAPACK: dict[str, Callable[[int, int], float]] = {
    "potrf": lambda _m, n: n**3 / 3,
    "geqrf": qr_flops,
    "geqp3": qr_flops,
    "getrf": lu_flops,
    "syevd": lambda _m, n: 9 * n**3,
    "heevd": lambda _m, n: 9 * n**3,
    "sytrd": lambda _m, n: 4 * n**3 / 3,
    "hetrd": lambda _m, n: 4 * n**3 / 3,
    "gehrd": lambda _m, n: 10 * n**3 / 3,
    "geev": lambda _m, n: 25 * n**3,
    "gees": lambda _m, n: 25 * n**3,
    "gesdd": svd_flops,
    "gesvd": svd_flops,
}
"""Leading terms by rows and columns: Golub and Van Loan, Matrix Computations, 4th ed. (2013),
sections 3.2, 4.2, 5.2, 7.4, 7.5, 8.3, 8.6."""

VALUES_ONLY: dict[str, Callable[[int, int], float]] = {
    "syevd": lambda _m, n: 4 * n**3 / 3,
    "heevd": lambda _m, n: 4 * n**3 / 3,
    "geev": lambda _m, n: 10 * n**3,
    "gees": lambda _m, n: 10 * n**3,
    "gesdd": lambda m, n: 4 * max(m, n) * min(m, n) ** 2 - 4 * min(m, n) ** 3 / 3,
}
"""The same without vectors."""


def flops_of(op: Any, facts: Facts) -> float:
    """Flops of one operation; a function such as `sin` counts once an element.

    Arithmetic on integer arrays counts like that on floats; on single integers it is a loop's
    counting, and does not.
    """
    kind = kind_of(op)
    formula = FORMULAS.get(kind)
    if formula is not None:
        return formula(op, facts)
    if kind in MOVES or not len(op.results) or is_scalar_integer(op.results[0]):
        return 0
    n = n_elements(op.results[0])
    if n and element_type(op.results[0]) == "i1":
        return 0
    is_complex = n and element_type(op.results[0]).startswith("complex")
    return n * (COMPLEX_FLOPS.get(kind, 2) if is_complex else 1)


def flop_type(op: Any) -> str:
    """Element type in which an operation computes; of complex numbers that of their parts."""
    value = op.operands[0] if len(op.operands) else op.results[0]
    kind = element_type(value) if "tensor<" in str(value.type) else ""
    return kind.removeprefix("complex<").removesuffix(">")


def dot_flops(op: Any, facts: Facts) -> float:
    """Twice the terms of all sums of products."""
    terms = math.prod(contracted(op))
    return summed(op, n_elements(op.results[0]) * terms, terms, facts)


def convolution_flops(op: Any, facts: Facts) -> float:
    """Twice the products of taps and elements, by dimension: padding counts as it does on paper.

    Along one dimension each of k taps meets each of the o results once, and no element of the
    input more than once, so it is k times the smaller of both sizes: what lies between the
    elements of a dilated input, and a border wider than that of `SAME`, is no work.
    """
    features, spatial = convolution_windows(op)
    products = features.data * features.kernel * features.result
    terms = features.kernel
    for window in spatial:
        products *= window.kernel * min(window.data, window.result)
        terms *= window.kernel
    return summed(op, products, terms, facts)


def summed(op: Any, products: int, terms: int, facts: Facts) -> float:
    """Flops of so many products and their sums."""
    facts.contraction = max(facts.contraction, terms)
    is_complex = element_type(op.operands[0]).startswith("complex")
    return 2.0 * products * (COMPLEX_CONTRACTION if is_complex else 1)


def fft_flops(op: Any, _facts: Facts) -> float:
    """5 N log2 N by length N, half of it where one side is real.

    Source:
        Frigo and Johnson, The design and implementation of FFTW3 (2005), section IV.
    """
    length = math.prod(numbers_in(op, "fft_length"))
    real = {"RFFT": op.operands[0], "IRFFT": op.results[0]}
    kind = next((k for k in ("IRFFT", "RFFT") if k in str(op.attributes["fft_type"])), "")
    n = n_elements(real.get(kind, op.results[0]))
    return (2.5 if kind in real else 5.0) * n * math.log2(max(1, length))


def sort_flops(op: Any, _facts: Facts) -> float:
    """Comparisons: n log2 n along the sorted dimension."""
    sizes = shape(op.operands[0])
    along = sizes[numbers_in(op, "dimension")[0]] if sizes else 1
    return math.prod(sizes) * math.log2(max(2, along))


def reduce_flops(op: Any, facts: Facts) -> float:
    """One for each element that goes in, less the first of each sum."""
    size, n = n_elements(op.operands[0]), n_elements(op.results[0])
    facts.contraction = max(facts.contraction, size // max(1, n))
    return max(0, size - n)


def window_flops(op: Any, facts: Facts) -> float:
    """One for each element of each window; one an element where the windows make a running sum."""
    sizes, windows = shape(op.operands[0]), numbers_in(op, "window_dimensions")
    facts.contraction = max(facts.contraction, math.prod(windows))
    n = n_elements(op.results[0])
    taps = [
        1 if window == size == result else window
        for window, size, result in zip(windows, sizes, shape(op.results[0]), strict=True)
    ]
    return n * math.prod(taps)


def scatter_flops(op: Any, _facts: Facts) -> float:
    """One for each update that is combined; none where it replaces."""
    updates = op.operands[len(op.operands) - 1]
    combines = len(list(op.regions[0].blocks[0].operations)) > 1
    return n_elements(updates) if combines else 0


def pooling_gradient_flops(op: Any, _facts: Facts) -> float:
    """A comparison for each element of each window, and an addition for each window."""
    windows = math.prod(numbers_in(op, "window_dimensions"))
    return n_elements(op.operands[1]) * (windows + 1)


def triangular_flops(op: Any, facts: Facts) -> float:
    """One solve of n unknowns for each right-hand side: n^2, batches along."""
    n = shape(op.operands[0])[-1]
    facts.contraction = max(facts.contraction, n)
    return n * n_elements(op.operands[1]) * complex_factor(op)


def factor_flops(op: Any, facts: Facts) -> float:
    """A Cholesky factor: n^3 / 3 each."""
    *batch, _, n = shape(op.operands[0])
    facts.contraction = max(facts.contraction, n)
    return math.prod(batch) * n**3 / 3 * complex_factor(op)


def called_flops(op: Any, facts: Facts) -> float:
    """Flops of a call to LAPACK or BLAS; notes a target that computes and has no formula."""
    target = call_target(op)
    if "trsm" in target:
        return triangular_flops(op, facts)
    if "gtsv" in target:
        # A forward and a backward sweep: 3 n for the matrix, 5 n for each right-hand side.
        return (3 * n_elements(op.operands[1]) + 5 * n_elements(op.operands[3])) * complex_factor(
            op
        )
    if "orgqr" in target or "ungqr" in target:
        *batch, rows, columns = shape(op.operands[0])
        n_each = q_flops(rows, columns, shape(op.operands[1])[-1])
        return math.prod(batch) * n_each * complex_factor(op)
    name = next((name for name in LAPACK if name in target), None)
    if name is None:
        if not target.startswith(MARKS):
            facts.uncounted.add(target)
        return 0
    *batch, rows, columns = shape(op.operands[0])
    facts.contraction = max(facts.contraction, rows, columns)
    asked = {call_setting(op, name) for name in ("mode", "compute_left", "compute_right")}
    formulas = VALUES_ONLY if asked == {"", "N"} and name in VALUES_ONLY else LAPACK
    return math.prod(batch) * formulas[name](rows, columns) * complex_factor(op)


def complex_factor(op: Any) -> int:
    """By how much complex arithmetic costs more than real."""
    is_complex = element_type(op.operands[0]).startswith("complex")
    return COMPLEX_CONTRACTION if is_complex else 1


FORMULAS: dict[str, Callable[[Any, Facts], float]] = {
    "dot_general": dot_flops,
    "convolution": convolution_flops,
    "fft": fft_flops,
    "sort": sort_flops,
    "reduce": reduce_flops,
    "reduce_window": window_flops,
    "scatter": scatter_flops,
    "select_and_scatter": pooling_gradient_flops,
    "triangular_solve": triangular_flops,
    "cholesky": factor_flops,
    "custom_call": called_flops,
}
