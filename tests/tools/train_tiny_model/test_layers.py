"""The layers compute what they say, in a form that compiles well."""

from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_workbench.tools.train_tiny_model.jaxpr_walk import equations
from jax_workbench.tools.train_tiny_model.presets.layers import CausalAttention, attended
from jax_workbench.tools.train_tiny_model.presets.transformer import TransformerLm
from jax_workbench.tools.train_tiny_model.untyped import grad, nnx

N, LENGTH, WIDTH = 6, 9, 4
value_and_grad = cast("Any", jax.value_and_grad)
make_jaxpr = cast("Any", jax.make_jaxpr)


@pytest.fixture(params=["float32", "bfloat16"])
def drawn(request: pytest.FixtureRequest) -> Any:
    """Query, key and value."""
    return jax.random.normal(jax.random.key(0), (3, N, LENGTH, WIDTH), request.param)


def with_jax(query: Any, key: Any, value: Any) -> Any:
    one_head = (x[:, :, None] for x in (query, key, value))
    return jax.nn.dot_product_attention(*one_head, is_causal=True)[:, :, 0]


def test_attention_and_its_gradient_are_those_of_jax(drawn: Any) -> None:
    def total(attention: Any) -> Any:
        def of(query: Any, key: Any, value: Any) -> Any:
            return jnp.sum(jnp.sin(attention(query, key, value).astype(jnp.float32)))

        return of

    rtol, atol = (2e-5, 2e-6) if drawn.dtype == jnp.float32 else (0, 0.04)
    ours = value_and_grad(total(attended), (0, 1, 2))(*drawn)
    theirs = value_and_grad(total(with_jax), (0, 1, 2))(*drawn)

    assert attended(*drawn).dtype == drawn.dtype
    for one, other in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_allclose(np.asarray(one, float), np.asarray(other, float), rtol, atol)


@pytest.mark.parametrize("is_rotary", [True, False])
def test_a_place_sees_nothing_that_comes_after_it(*, is_rotary: bool) -> None:
    attention = CausalAttention(8, 2, is_rotary=is_rotary, rngs=nnx.Rngs(0))
    x = jax.random.normal(jax.random.key(1), (2, LENGTH, 8))

    changed = attention(x.at[:, 5:].add(1.0))

    np.testing.assert_allclose(changed[:, :5], attention(x)[:, :5], rtol=1e-6)
    assert not np.allclose(changed[:, 5:], attention(x)[:, 5:], rtol=1e-2)


def test_no_product_of_the_gradient_sums_over_two_axes() -> None:
    """XLA's compiler for CPUs transposes what such a product sums; see `by_row`."""
    model = TransformerLm(11, LENGTH, is_rotary=True, rngs=nnx.Rngs(0))
    graphdef, state = nnx.split(model)
    tokens = jnp.zeros((2, LENGTH), jnp.int32)

    def total(state: Any) -> Any:
        return nnx.merge(graphdef, state)(tokens).sum()

    jaxpr = make_jaxpr(grad(total))(state)

    products = [e for e in equations(jaxpr.jaxpr) if e.primitive.name == "dot_general"]
    summed = [len(e.params["dimension_numbers"][0][0]) for e in products]
    assert len(summed) > 20
    assert set(summed) == {1}
