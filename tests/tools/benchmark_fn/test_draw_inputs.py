from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from jax_workbench.tools.benchmark_fn import InputSpec
from jax_workbench.tools.benchmark_fn.draw_inputs import Family, draw_set
from jax_workbench.tools.benchmark_fn.input_rules import draws_of

SEED = "00ff"


def drawn(index: int = 0, family: Family = "plain", seed: str = SEED, **fields: Any) -> Any:
    spec = InputSpec.model_validate({"shape": [40, 40], **fields})
    return np.asarray(draw_set(draws_of([spec], x64=True), seed, index, family)[0])


LAWS = ["normal", "uniform", "integers", "spd"]


@pytest.mark.parametrize("law", LAWS)
def test_sets_and_secrets_and_families_give_other_values(law: str) -> None:
    first = drawn(distribution=law)

    assert (first == drawn(distribution=law)).all()
    for other in (drawn(1, distribution=law), drawn(seed="0100", distribution=law)):
        assert (first != other).mean() > 0.9
    assert (first != drawn(0, "other", distribution=law)).mean() > 0.9


def test_two_inputs_of_one_set_differ() -> None:
    draws = draws_of([InputSpec(shape=(50,)), InputSpec(shape=(50,))], x64=False)

    a, b = draw_set(draws, SEED, 0)

    assert (np.asarray(a) != np.asarray(b)).all()


@pytest.mark.parametrize("family", ["plain", "other"])
@pytest.mark.parametrize(
    "dtype", ["float16", "bfloat16", "float32", "complex64", "int8", "uint16", "int32", "bool"]
)
def test_values_have_the_shape_and_dtype_asked_for(dtype: str, family: Family) -> None:
    found = draw_set(draws_of([InputSpec(shape=(3, 5), dtype=dtype)], x64=False), SEED, 0, family)

    assert found[0].shape == (3, 5)
    assert found[0].dtype == jnp.dtype(dtype)


def test_normal_values_have_mean_0_and_variance_1() -> None:
    values = drawn(shape=[100_000])

    assert values.mean() == pytest.approx(0, abs=0.02)
    assert values.var() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("family", ["plain", "other"])
def test_ranges_are_kept_and_the_upper_end_is_open(family: Family) -> None:
    uniform = drawn(0, family, distribution="uniform", low=-2, high=3)
    integers = drawn(0, family, dtype="int32", low=-2, high=3)

    assert uniform.min() >= -2
    assert uniform.max() < 3
    assert set(integers.ravel()) == {-2, -1, 0, 1, 2}


@pytest.mark.parametrize("family", ["plain", "other"])
def test_spd_matrices_are_symmetric_with_eigenvalues_of_at_least_one(family: Family) -> None:
    values = drawn(0, family, shape=[3, 20, 20], distribution="spd").astype(np.float64)

    assert values == pytest.approx(values.swapaxes(-1, -2), abs=1e-5)
    assert np.linalg.eigvalsh(values).min() > 0.99


def test_arange_counts_and_its_other_family_is_a_permutation() -> None:
    plain, other = drawn(distribution="arange"), drawn(0, "other", distribution="arange")

    assert (plain.ravel() == np.arange(1600)).all()
    assert (np.sort(other.ravel()) == np.arange(1600)).all()
    assert (plain != other).mean() > 0.9


@pytest.mark.parametrize(("law", "value"), [("zeros", 0), ("ones", 1)])
def test_constants_are_constant_and_random_in_the_other_family(law: str, value: float) -> None:
    other = drawn(0, "other", distribution=law)

    assert (drawn(distribution=law) == value).all()
    assert len(np.unique(other)) > 1000
    assert (drawn(0, "other", distribution=law, dtype="int32") == value).all()


def test_keys_are_new_in_each_set() -> None:
    draws = draws_of([InputSpec(dtype="key")], x64=False)

    a, b = (draw_set(draws, SEED, i)[0] for i in (0, 1))

    assert str(a.dtype) == "key<fry>"
    assert a != b
