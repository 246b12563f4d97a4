"""From a failing whole to the element, on functions of NumPy arrays."""

import numpy as np
import pytest

from jax_workbench.tools.check_gradients.directions import Array, scales
from jax_workbench.tools.check_gradients.evaluate import Projection, from_gradient
from jax_workbench.tools.check_gradients.hints import ratio_hint
from jax_workbench.tools.check_gradients.localisation import (
    bisect,
    failing_elements,
    failing_leaves,
)
from jax_workbench.tools.check_gradients.outcome import Precision

FAIL = frozenset(("fail",))


def squares(*gradients: Array, x: list[Array] | None = None) -> Projection:
    """The sum of squares of leaves of ones, with these for its gradients by AD."""
    leaves = x or [np.ones(g.shape) for g in gradients]

    def total(at: list[Array]) -> list[Array]:
        return [np.asarray(sum(float(np.sum(leaf**2)) for leaf in at))]

    weight = [np.ones(())]
    precision = Precision(2.0**-52, 1e-6)
    by_ad = from_gradient([*gradients])
    return Projection(total, leaves, total(leaves), weight, by_ad, precision)


def wrong_at(n: int, *indices: int) -> Array:
    """Gradient 2, but 3 at some elements."""
    g = np.full(n, 2.0)
    g[list(indices)] = 3.0
    return g


def test_bisection_finds_every_single_position() -> None:
    bad = {3, 700, 701, 999}

    found, n_probes = bisect(1000, lambda low, high: any(low <= b < high for b in bad), 200, 8)

    assert set(found) == bad
    assert n_probes <= 2 * 4 * 10


def test_bisection_stops_at_its_limits() -> None:
    few, _ = bisect(1000, lambda low, high: high > low, 1000, 5)
    early, n_probes = bisect(1000, lambda low, high: high > low, 10, 5)

    assert few == [0, 1, 2, 3, 4]
    assert early == []
    assert n_probes == 10


def test_the_failing_leaf_is_found_among_many() -> None:
    gradients = [np.full(3, 2.0) for _ in range(20)]
    gradients[13] = wrong_at(3, 1)

    leaves = failing_leaves(squares(*gradients), np.random.default_rng(0), range(20), FAIL)

    assert [*leaves] == [13]


@pytest.mark.parametrize("n", [5, 300], ids=["each element", "by halves"])
def test_the_wrong_elements_are_found(n: int) -> None:
    projection = squares(wrong_at(n, 1, n - 1))

    found = failing_elements(projection, np.random.default_rng(0), 0, FAIL)

    assert sorted(element.flat for element in found.wrong) == [1, n - 1]
    assert [element.ad / element.fd for element in found.wrong] == pytest.approx([1.5, 1.5])


def test_a_leaf_that_is_wrong_everywhere_is_sampled() -> None:
    found = failing_elements(squares(np.full(500, 1.0)), np.random.default_rng(0), 0, FAIL)

    assert found.n_wrong == 500
    assert found.n_probes <= 6


def test_scales_are_relative_and_never_zero() -> None:
    x = np.array([0.0, 1e-8, 100.0])
    rms = 100 / 3**0.5

    assert scales(x, "relative") == pytest.approx([0.01 * rms, 1e-8, 100])
    assert scales(x, "mixed") == pytest.approx([0.01 * rms, 0.01 * rms, 100])
    assert scales(np.zeros(2), "mixed") == pytest.approx([1, 1])
    assert scales(np.array([1e-200, 1e200]), "mixed") == pytest.approx(
        [0.01 * 1e200 / 2**0.5, 1e200]
    )


@pytest.mark.parametrize(
    ("ratios", "n", "word"),
    [
        ([2.0, 2.0], 7, "twice"),
        ([0.5], 7, "1/2"),
        ([-1.0], 7, "sign"),
        ([0.0], 7, "missing"),
        ([0.125], 8, "mean"),
        ([8.0], 8, "sum"),
        ([np.pi / 180], 7, "degrees"),
        ([1.5, 0.2, 3.0], 7, "differs"),
        ([1.01], 7, "slightly"),
        ([], 7, ""),
    ],
)
def test_a_ratio_is_read_as_its_usual_cause(ratios: list[float], n: int, word: str) -> None:
    hint = ratio_hint(ratios, n)

    assert word in hint
    assert bool(hint) == bool(word)


def test_complex_elements_are_moved_in_both_parts() -> None:
    x = np.array([1 + 1j, 2 - 1j])

    def total(at: list[Array]) -> list[Array]:
        return [np.asarray(float(np.sum(np.abs(at[0]) ** 2)))]

    def with_gradient(g: Array) -> Projection:
        precision = Precision(2.0**-52, 1e-6)
        return Projection(total, [x], total([x]), [np.ones(())], from_gradient([g]), precision)

    right = failing_elements(with_gradient(2 * x), np.random.default_rng(0), 0, FAIL)
    reversed_ = failing_elements(with_gradient(2 * np.conj(x)), np.random.default_rng(0), 0, FAIL)

    assert right.wrong == []
    assert [(e.flat, e.is_imaginary) for e in reversed_.wrong] == [(0, True), (1, True)]
