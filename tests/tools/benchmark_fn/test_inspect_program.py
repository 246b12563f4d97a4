# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import export, lax

from jax_workbench.tools.benchmark_fn.inspect_program import inspect
from tests.tools.benchmark_fn.exported import N, X, facts_of

NOISE = np.random.default_rng(0).standard_normal((512, 512)).astype(np.float32)


def test_an_input_that_no_operation_reads_is_unused() -> None:
    assert facts_of(lambda x, _y: x + 1, X, X).unused_inputs == (1,)
    assert facts_of(lambda _x: jnp.ones(3)).unused_inputs == (0,)
    assert facts_of(lambda x, y: x + y, X, X).unused_inputs == ()


def test_constants_count_unless_they_are_one_value_repeated() -> None:
    spec = jax.ShapeDtypeStruct((512, 512), jnp.float32)

    assert facts_of(lambda x: x + NOISE, spec).const_bytes == NOISE.nbytes
    assert facts_of(lambda x: x + jnp.full((512, 512), 2.5), spec).const_bytes == 0


def test_the_hash_knows_constants_and_not_names() -> None:
    def one(a: Any) -> Any:
        return jnp.tanh(a @ a) + NOISE[:N, :N]

    def other(b: Any) -> Any:
        product = b @ b
        return jnp.tanh(product) + NOISE[:N, :N]

    assert facts_of(one).program == facts_of(other).program
    assert facts_of(one).program != facts_of(lambda a: one(a) + NOISE[0, 0]).program
    assert (
        facts_of(lambda a: a + NOISE[:N, :N]).program
        != facts_of(lambda a: a + NOISE[1 : N + 1, :N]).program
    )


def test_coarse_types_are_seen_wherever_they_hide() -> None:
    plain = facts_of(lambda x: x @ x)
    cast = facts_of(lambda x: (x.astype(jnp.bfloat16) @ x.astype(jnp.bfloat16)).astype(jnp.float32))
    by_algorithm = facts_of(lambda x: lax.dot(x, x, precision=lax.DotAlgorithmPreset.BF16_BF16_F32))
    in_a_loop = facts_of(
        lambda x: lax.fori_loop(0, 3, lambda _, c: c.astype(jnp.float16).astype(jnp.float32) @ c, x)
    )

    assert "bf16" not in plain.dtypes | plain.dot_algorithms
    assert "bf16" in cast.dtypes
    assert "bf16" in by_algorithm.dot_algorithms
    assert "f16" in in_a_loop.dtypes


def test_the_lowest_precision_of_all_products_counts() -> None:
    assert facts_of(lambda x: jnp.dot(x, x, precision="highest")).dot_precision == 2
    assert facts_of(lambda x: jnp.dot(x, x, precision="highest") @ x).dot_precision == 0
    assert facts_of(jnp.sin).dot_precision is None


@pytest.mark.parametrize(
    "fn",
    [
        jnp.linalg.cholesky,
        jnp.linalg.qr,
        jnp.linalg.eigh,
        jnp.linalg.eig,
        jnp.linalg.svd,
        lambda x: jnp.linalg.solve(x, x),
        jnp.fft.fft2,
        lambda x: lax.top_k(x, 3),
        lambda x: x + jax.random.normal(jax.random.key(0), x.shape),
        lambda x: jax.nn.dot_product_attention(
            x[None, :, None], x[None, :, None], x[None, :, None]
        ),
    ],
)
def test_what_jax_itself_calls_is_on_the_list(fn: Any) -> None:
    assert facts_of(fn).custom_calls == set()


def test_a_foreign_call_is_seen_even_in_a_function_that_nobody_calls() -> None:
    def foreign(x: Any) -> Any:
        result = jax.ShapeDtypeStruct(x.shape, x.dtype)
        return jax.ffi.ffi_call("run_anything", result)(x)

    checks = [export.DisabledSafetyCheck.custom_call("run_anything")]
    flat = jax.jit(lambda x: [lax.cond(x[0, 0] > 1e30, foreign, lambda y: y, x)])
    blob = bytes(export.export(flat, disabled_checks=checks)(X).serialize())

    assert inspect(blob)[1].custom_calls == {"run_anything"}


@pytest.mark.parametrize(
    "blob", [b"", b"not a program", b"\0" * 1000], ids=["empty", "text", "zeros"]
)
def test_what_is_no_program_raises_something(blob: bytes) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever it is, its caller catches it
        inspect(blob)


def test_a_program_for_another_platform_is_not_accepted() -> None:
    blob = bytes(export.export(jax.jit(lambda x: [x + 1]), platforms=["tpu"])(X).serialize())

    with pytest.raises(ValueError, match="tpu"):
        inspect(blob)
