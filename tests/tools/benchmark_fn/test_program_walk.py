# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""What is counted in exported programs: flops, loops, what nobody needs, and bytes."""

from typing import Any

import jax
import jax.numpy as jnp
import pytest
from jax import lax

from jax_workbench.tools.benchmark_fn.program_facts import Facts
from jax_workbench.tools.benchmark_fn.program_ir import functions_of, parse
from jax_workbench.tools.benchmark_fn.program_walk import Walk
from tests.tools.benchmark_fn.exported import PRODUCT, N, X, facts_of

COMPLEX = jax.ShapeDtypeStruct((N, N), jnp.complex64)
STACK = jax.ShapeDtypeStruct((7, N, N), jnp.float32)
BYTES = 4 * N * N
"""Of one N x N matrix."""


def loop(test: Any, turn: Any, start: Any) -> Any:
    """A while loop that counts by its own rules and squares a matrix each turn."""
    return lambda x: lax.while_loop(
        lambda c: test(c[0]), lambda c: (turn(c[0]), c[1] @ c[1]), (start, x)
    )[1]


def image(x: Any) -> tuple[Any, Any]:
    return x[None, None], x[None, None, :3, :3]


@pytest.mark.parametrize(
    ("fn", "flops"),
    [
        pytest.param(lambda x: x @ x, PRODUCT, id="product"),
        pytest.param(lambda x: lax.dot(x, x[:, :3]), 2 * N * N * 3, id="thin product"),
        pytest.param(lambda x: lax.map(lambda row: row @ x, x), PRODUCT, id="map"),
        pytest.param(
            lambda x: jax.grad(lambda w: ((x @ w) @ w).sum())(x), 4 * PRODUCT, id="gradient"
        ),
        pytest.param(
            lambda x: jax.grad(
                lambda w: lax.scan(lambda c, _: (c @ w, None), x, None, 20)[0].sum()
            )(x),
            60 * PRODUCT,
            id="gradient through a scan",
        ),
        pytest.param(jnp.fft.fft, 5 * N * N * 6, id="fft"),
        pytest.param(jnp.fft.rfft2, 2.5 * N * N * 12, id="real fft in two dimensions"),
        pytest.param(jnp.linalg.svd, 26 * N**3, id="svd"),
        pytest.param(
            lambda x: jnp.linalg.svd(x, compute_uv=False), 8 * N**3 / 3, id="singular values"
        ),
        pytest.param(jnp.linalg.eigh, 9 * N**3, id="eigh"),
        pytest.param(jnp.linalg.eig, 25 * N**3, id="eig"),
        pytest.param(jnp.linalg.qr, 8 * N**3 / 3, id="qr"),
        pytest.param(lambda x: jnp.linalg.solve(x, x), 8 * N**3 / 3, id="solve"),
        pytest.param(
            lambda x: lax.linalg.cholesky(x, symmetrize_input=False), N**3 / 3, id="cholesky"
        ),
        pytest.param(jnp.sin, N * N, id="elementwise"),
        pytest.param(lambda x: x.sum(0), N * (N - 1), id="sum"),
        pytest.param(lambda x: jnp.cumsum(x, 0), N * N, id="running sum"),
        pytest.param(lambda x: jnp.sort(x, 0), N * N * 6, id="sort"),
        pytest.param(lambda x: x.at[jnp.array([1, 2])].add(1.0), 2 * N, id="scatter-add"),
        pytest.param(
            lambda x: lax.cond(x[0, 0] > 0, lambda y: y @ y @ y, lambda y: y, x),
            2 * PRODUCT,
            id="the dearest branch",
        ),
    ],
)
def test_flops_are_those_of_the_closed_formulas(fn: Any, flops: float) -> None:
    facts = facts_of(fn)

    assert facts.flops == pytest.approx(flops, rel=0.01)
    assert not facts.is_lower_bound


def test_complex_products_cost_four_real_ones_and_batches_count() -> None:
    assert facts_of(lambda x: x @ x, COMPLEX).flops == 4 * PRODUCT
    assert facts_of(lambda x: x @ x, STACK).flops == 7 * PRODUCT


@pytest.mark.parametrize(
    ("fn", "flops"),
    [
        pytest.param(
            lambda x: lax.conv(*image(x), (1, 1), "SAME"), 2 * 9 * N * N, id="same padding"
        ),
        pytest.param(
            lambda x: lax.conv(*image(x), (1, 1), "VALID"), 2 * 9 * (N - 2) ** 2, id="valid"
        ),
        pytest.param(
            lambda x: jax.grad(lambda y: lax.conv(image(y)[0], image(x)[1], (1, 1), "VALID").sum())(
                x
            ),
            2 * 9 * (N - 2) ** 2,
            id="gradient by the image",
        ),
        pytest.param(
            lambda x: jax.grad(lambda y: lax.conv(image(y)[0], image(x)[1], (2, 2), "SAME").sum())(
                x
            ),
            2 * 9 * (N // 2) ** 2,
            id="gradient by a strided image",
        ),
        pytest.param(
            lambda x: lax.conv_general_dilated(
                x.reshape(1, 8, 16, 32), x.reshape(-1)[:288].reshape(16, 2, 3, 3), (1, 1), "SAME",
                feature_group_count=4,
            ),
            2 * 16 * 2 * 9 * 16 * 32,
            id="four groups",
        ),
    ],
)  # fmt: skip
def test_convolutions_count_taps_and_no_zeros_between_elements(fn: Any, flops: float) -> None:
    assert facts_of(fn).flops == flops


@pytest.mark.parametrize(
    ("fn", "turns"),
    [
        pytest.param(lambda x: lax.fori_loop(0, 100, lambda _, c: c @ c, x), 100, id="fori_loop"),
        pytest.param(
            lambda x: lax.scan(
                lambda c, _: (lax.scan(lambda d, _: (d @ d, None), c, None, 5)[0], None),
                x,
                None,
                20,
            )[0],
            100,
            id="nested scans",
        ),
        pytest.param(
            lambda x: jax.jit(lambda n, y: lax.fori_loop(0, n, lambda _, c: c @ c, y))(7, x),
            7,
            id="bound handed to a function",
        ),
        pytest.param(loop(lambda i: i <= 10, lambda i: i + 2, 0), 6, id="at most"),
        pytest.param(loop(lambda i: i < 10, lambda i: i + 3, 0), 4, id="a last turn beyond"),
        pytest.param(loop(lambda i: i > 0, lambda i: i - 1, 9), 9, id="counting down"),
        pytest.param(loop(lambda i: i >= 0, lambda i: i - 4, 9), 3, id="down in fours"),
        pytest.param(loop(lambda i: i < 10, lambda i: 1 + i, 0), 10, id="bound on the left"),
        pytest.param(loop(lambda i: i < 100, lambda i: i * 2, 1), 7, id="doubling"),
        pytest.param(loop(lambda i: i != 6, lambda i: i + 2, 0), 3, id="until equal"),
        pytest.param(loop(lambda i: i < 0, lambda i: i + 1, 5), 0, id="no turn"),
        pytest.param(
            loop(lambda i: i > 1, lambda i: jnp.where(i % 2 == 0, i // 2, 3 * i + 1), 6),
            8,
            id="branching",
        ),
    ],
)
def test_turns_of_a_loop_are_found_where_no_data_decide_them(fn: Any, turns: int) -> None:
    facts = facts_of(fn)

    assert facts.flops == turns * PRODUCT
    assert facts.open_loops == 0


@pytest.mark.parametrize(
    "fn",
    [
        pytest.param(
            lambda x: lax.while_loop(lambda c: c.sum() < 9, lambda c: c @ c, x), id="by a sum"
        ),
        pytest.param(
            lambda x: lax.while_loop(
                lambda c: (c[0] < 9) & (c[1][0, 0] > 0), lambda c: (c[0] + 1, c[1] @ c[1]), (0, x)
            ),
            id="by a count or a value",
        ),
        pytest.param(loop(lambda i: i > 0, lambda i: i + 1, 1), id="away from its bound"),
    ],
)
def test_a_loop_that_the_data_end_is_counted_once_and_said_to_be_open(fn: Any) -> None:
    facts = facts_of(fn)

    assert facts.open_loops == 1
    assert facts.is_lower_bound
    assert facts.flops == pytest.approx(PRODUCT, rel=0.03)


def test_a_function_called_twice_in_each_of_fourteen_levels_is_walked_in_linear_time() -> None:
    def level(depth: int) -> Any:
        if depth == 0:
            return jax.jit(lambda x: x + 1)
        below = level(depth - 1)
        return jax.jit(lambda x: below(below(x)))

    # The lowering keeps each level as a function; their bodies together would be 2**14 calls.
    facts = facts_of(level(14))

    assert facts.flops == 2**14 * N * N


def test_work_that_nobody_uses_is_kept_apart() -> None:
    # Written out, since JAX leaves such work out of what it exports.
    module = parse(
        """
        func.func @main(%x: tensor<64x64xf32>) -> tensor<64x64xf32> {
          %0 = stablehlo.dot_general %x, %x, contracting_dims = [1] x [0]
            : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
          %1 = stablehlo.sine %0 : tensor<64x64xf32>
          %2 = stablehlo.add %x, %x : tensor<64x64xf32>
          return %2 : tensor<64x64xf32>
        }
        """
    )
    work = Walk(functions_of(module), Facts((), ())).program()

    assert work.n_flops == N * N
    assert work.dead == PRODUCT + N * N
    assert work.n_bytes == 2 * BYTES


def test_work_that_no_input_changes_is_kept_apart() -> None:
    facts = facts_of(lambda x: x + jnp.full((N, N), 2.0) @ jnp.full((N, N), 3.0))

    assert facts.flops == N * N
    assert facts.work.n_fixed == PRODUCT
    assert facts.is_lower_bound


def test_random_numbers_of_a_known_key_are_no_work_of_a_call() -> None:
    facts = facts_of(lambda x: x + jax.random.normal(jax.random.key(0), x.shape))

    assert facts.flops == N * N
    assert facts.work.n_fixed > 10 * N * N


def test_work_that_no_turn_changes_is_done_once() -> None:
    facts = facts_of(lambda x: lax.fori_loop(0, 100, lambda _, c: x @ x + c, x))

    assert facts.flops == PRODUCT + 100 * N * N
    assert facts.work.hoisted == 99 * PRODUCT
    assert facts.is_lower_bound


def test_a_call_without_a_formula_makes_the_count_a_lower_bound() -> None:
    facts = facts_of(lambda x: lax.approx_max_k(x, 3)[0] + 1)

    assert facts.uncounted == {"ApproxTopK"}
    assert facts.is_lower_bound


def test_flops_are_told_apart_by_type() -> None:
    facts = facts_of(lambda x: (x.astype(jnp.bfloat16) @ x.astype(jnp.bfloat16)) + 1)

    assert facts.work.flops == {"bf16": PRODUCT + N * N}


def test_the_longest_sum_is_found() -> None:
    assert facts_of(lambda x: x @ x).contraction == N
    assert facts_of(lambda x: x.sum()).contraction == N * N


@pytest.mark.parametrize(
    ("fn", "matrices"),
    [
        pytest.param(lambda x: x @ x, 3, id="product"),
        pytest.param(lambda x: jnp.tanh(x) + 2 * x, 2, id="fused elementwise"),
        pytest.param(lambda x: (x.T @ x) * 2, 5, id="product, then one more pass"),
        pytest.param(lambda x: lax.fori_loop(0, 10, lambda _, c: c @ c, x), 30, id="loop"),
        pytest.param(lambda x: x[:1] + 1, 2 / N, id="one row of it"),
        pytest.param(
            lambda x: lax.scan(lambda c, row: (c + row, c * 2), x[0], x)[1], 5, id="scan rows"
        ),
    ],
)  # fmt: skip
def test_bytes_are_those_that_a_fusing_compiler_would_move(fn: Any, matrices: float) -> None:
    assert facts_of(fn).work.n_bytes == pytest.approx(matrices * BYTES, rel=0.1)


def test_an_unused_input_moves_no_bytes() -> None:
    assert facts_of(lambda x, _y: x + 1, X, X).work.n_bytes == 2 * BYTES
