"""Scores, splits, distances, files and programs, against what is known of them."""

# What JAX's and Flax's transformations return has no type that pyright knows.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownParameterType=false

import json
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.train_tiny_model.batch_pairs import Origin, mismatched_pairs
from jax_workbench.tools.train_tiny_model.generated import addition, moons, sorting, text
from jax_workbench.tools.train_tiny_model.jaxpr_walk import (
    dead_shares,
    first_birth,
    has_convolution,
    rectifiers,
)
from jax_workbench.tools.train_tiny_model.metrics import (
    bits_per_char,
    exact_match,
    interval,
    r2,
    wilson,
)
from jax_workbench.tools.train_tiny_model.mmd import bandwidths, gaussian_like, mmd2
from jax_workbench.tools.train_tiny_model.rows import Rows, Source, shared_rows, split_rows
from jax_workbench.tools.train_tiny_model.sources import known_names, read_source
from jax_workbench.tools.train_tiny_model.weights import safetensors_of


def test_wilsons_interval_is_the_published_one() -> None:
    """Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662."""
    low, high = wilson(81, 263)

    assert low == pytest.approx(0.2553, abs=5e-5)
    assert high == pytest.approx(0.3662, abs=5e-5)


def test_the_bootstrap_covers_the_mean_of_normal_rows_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    metric = bits_per_char()
    n, covered = 200, 0
    for trial in range(n):
        rows = (rng.normal(3, 1, 80), np.ones(80))
        low, high = interval(metric, rows, seed=trial)
        covered += low <= 3 <= high

    assert 0.88 < covered / n < 0.99


def test_r2_of_the_mean_is_zero_and_of_the_truth_one() -> None:
    y = np.random.default_rng(0).normal(size=50).astype(np.float32)
    metric = r2()
    spread = metric.baseline_rows(y, y)[0]

    of_mean = metric.rows(jnp.full((50, 1), y.mean()), jnp.asarray(y))[0]
    of_truth = metric.rows(jnp.asarray(y)[:, None], jnp.asarray(y))[0]

    assert metric.value(np.asarray(of_mean, float), spread) == pytest.approx(0, abs=1e-5)
    assert metric.value(np.asarray(of_truth, float), spread) == 1


def test_bits_of_a_uniform_guess_are_the_logarithm_of_the_symbols() -> None:
    y = jnp.array([[0, 1, -1], [3, 2, 1]])

    top, bottom = bits_per_char().rows(jnp.zeros((2, 3, 8)), y)

    assert np.asarray(top).sum() / np.asarray(bottom).sum() == pytest.approx(3)
    assert np.asarray(bottom).tolist() == [2, 3]


def test_an_answer_matches_only_with_every_scored_token() -> None:
    y = jnp.array([[-1, 1, 2], [-1, 1, 2]])
    said = jnp.array([[0, 1, 2], [0, 1, 0]])

    top, _ = exact_match().rows(jax.nn.one_hot(said, 3), y)

    assert np.asarray(top).tolist() == [1, 0]


def test_equal_rows_stay_on_one_side_of_the_split_and_classes_keep_their_shares() -> None:
    rng = np.random.default_rng(1)
    base = rng.normal(size=(150, 3)).astype(np.float32)
    x, y = np.concatenate([base, base]), np.tile(np.arange(150) % 3, 2)
    order = rng.permutation(300)

    split = split_rows(Source("twice", Rows(x[order], y[order]), "classes"), 0.25, 0)

    assert shared_rows(split)[0] == 0
    assert abs(len(split.test) - 60) < 25
    assert np.bincount(split.test.y).min() > 0.6 * len(split.test) / 3
    assert (
        split.sha256
        == split_rows(Source("twice", Rows(x[order], y[order]), "classes"), 0.25, 0).sha256
    )


def test_windows_of_a_text_do_not_reach_over_the_split() -> None:
    source = text()
    split = split_rows(source, 0.25, 0)
    where = {row.tobytes(): i for i, row in enumerate(source.rows.x)}
    last = where[split.train.x[-1].tobytes()]
    first = where[split.validation.x[0].tobytes()]

    assert first - last > source.facts["overlap"]


def test_answers_of_the_made_tasks_are_right() -> None:
    sums, sorts = addition(), sorting()
    for source, row in ((sums, 5), (sorts, 7)):
        tokens = [*source.rows.x[row], source.rows.y[row][-1]]
        said = "".join(source.vocabulary[t] for t in tokens)
        asked, _, answer = said.partition("=")
        if source is sums:
            assert int(answer[::-1]) == sum(map(int, asked.split("+")))
        else:
            assert answer == "".join(sorted(asked))
    assert len({row.tobytes() for row in sums.rows.x[:, :6]}) == 10_000


def test_equal_laws_are_near_zero_apart_and_a_gaussian_is_not_two_moons() -> None:
    a, b = (moons(600, seed).rows.x.astype(float) for seed in (1, 2))
    widths = bandwidths(a)

    assert abs(mmd2(a, b, widths)) < 0.004
    assert mmd2(a, gaussian_like(a, 600, 0), widths) > 0.015


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4).T,
        np.asfortranarray(np.arange(12, dtype=np.float32).reshape(3, 4)),
        np.arange(12.0).reshape(3, 4)[:, ::2],
        np.zeros((0, 3)),
        np.array(1.5),
        np.arange(4, dtype=np.int32),
    ],
    ids=["transposed", "fortran", "strided", "empty", "scalar", "integers"],
)
def test_weights_come_back_as_they_are_whatever_their_layout(array: Any) -> None:
    content = safetensors_of({"a.kernel": array, "b": np.ones(2, np.float32)}, {"model": "x"})

    size = int.from_bytes(content[:8], "little")
    about = json.loads(content[8 : 8 + size])["a.kernel"]
    start, end = about["data_offsets"]
    found = np.frombuffer(content[8 + size + start : 8 + size + end], array.dtype)
    assert size % 8 == 0
    assert found.reshape(about["shape"]).tolist() == array.tolist()


WEIGHTS, TARGET = {"has_weights": True}, {"has_target": True}


def pairs_in(loss: Any, x: Any, y: Any, kinds: Any = (WEIGHTS, TARGET)) -> list[Any]:
    """What is found in `loss(x, y)` where 97 is the number of rows."""
    closed = jax.make_jaxpr(loss)(x, y)
    shapes = (x.shape, y.shape)
    origins = [Origin(**kind, shape=shape) for kind, shape in zip(kinds, shapes, strict=True)]
    return mismatched_pairs(closed.jaxpr, origins, 97, "")


def test_a_prediction_of_one_shape_that_meets_a_target_of_another_is_seen() -> None:
    x, y = jnp.zeros((97, 1)), jnp.zeros(97)

    (pair,) = pairs_in(lambda a, b: ((a - b) ** 2).mean(), x, y)

    assert pair.operation == "sub"
    assert pair.shapes[0] == (97, 1)
    assert pair.result == (97, 97)
    assert pairs_in(lambda a, b: ((a[:, 0] - b) ** 2).mean(), x, y) == []
    assert pairs_in(jax.jit(lambda a, b: jax.nn.relu(a) * b), x, y)


def test_pairs_that_are_meant_are_no_mismatch() -> None:
    scores, labels = jnp.zeros(97), jnp.zeros(97)
    z = jnp.zeros((97, 5))

    def ranking(s: Any, y: Any) -> Any:
        return (jax.nn.relu(s[:, None] - s[None, :]) * (y[:, None] > y[None, :])).mean()

    def contrast(a: Any, y: Any) -> Any:
        same = (y[:, None] == y[None, :]).astype(jnp.float32)
        return -(jax.nn.log_softmax(a @ a.T) * same).sum() / same.sum()

    assert pairs_in(ranking, scores, labels) == []
    assert pairs_in(contrast, z, labels) == []


def test_the_operation_that_bears_a_nan_is_found_inside_a_jit() -> None:
    inner = jax.jit(lambda x: jnp.log(x).sum())

    birth = first_birth(
        lambda x: jnp.where(x > 0, x, -1.0) * inner(x), (jnp.array([1.0, -2.0]),), ""
    )
    masked = first_birth(
        lambda x: jnp.where(x > 0, x, -jnp.inf).max(), (jnp.array([1.0, -2.0]),), ""
    )

    assert birth is not None
    assert (birth.operation, birth.kind, birth.low) == ("log", "nan", -2.0)
    assert masked is None


def test_dead_units_are_counted_and_convolutions_seen() -> None:
    x = jnp.ones((4, 3))
    fired = rectifiers(lambda a: jax.nn.relu(a * jnp.array([1.0, -1.0, -1.0])), (x,))
    (layer,) = dead_shares(fired(x))
    image, kernel = jnp.zeros((1, 5, 5, 1)), jnp.zeros((3, 3, 1, 1))

    def convolved(a: Any) -> Any:
        return jax.lax.conv_general_dilated(
            a, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )

    assert layer.dead_share == pytest.approx(2 / 3)
    assert has_convolution(jax.make_jaxpr(jax.jit(convolved))(image).jaxpr)
    assert not has_convolution(jax.make_jaxpr(jnp.sin)(image).jaxpr)


def test_columns_come_from_csv_text_and_every_kind_of_file() -> None:
    table = "a,b,kind\n" + "\n".join(f"{i},{i * i},{'xy'[i % 2]}" for i in range(12))
    arrays = {"x": np.ones((12, 2), np.float32), "y": np.arange(12.0) / 7}

    inline = read_source(table, "", {})
    by_name = read_source("t.csv", "b", {"t.csv": table.encode()})
    stored = read_source("w.safetensors", "", {"w.safetensors": safetensors_of(arrays, {})})

    assert (inline.kind, inline.rows.x.shape, inline.names) == ("classes", (12, 2), ("a", "b"))
    assert by_name.rows.y.tolist() == [i * i for i in range(12)]
    assert (stored.kind, stored.rows.x.shape) == ("numbers", (12, 2))


def test_what_cannot_be_read_is_said_with_what_can() -> None:
    with pytest.raises(ToolError, match="digits") as unknown:
        read_source("digit", "", {})

    assert unknown.value.code == "bad_argument"
    assert {"digits", "moons", "text"} <= set(known_names())


def test_information_of_the_majority_guess_is_the_entropy() -> None:
    y = np.array([[0] * 9 + [1]])

    top, bottom = bits_per_char().baseline_rows(np.repeat(y, 1000, 0), y)

    entropy = -(0.9 * math.log2(0.9) + 0.1 * math.log2(0.1))
    assert top.sum() / bottom.sum() == pytest.approx(entropy, abs=1e-3)
