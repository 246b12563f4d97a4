"""A lowest sum of squares that one row alone brings about is told, and not taken."""

import numpy as np
import pytest

from tests.tools.fit_curve.conftest import Call, codes, values

X = np.linspace(0, 10, 30)
PEAK = 4 * np.exp(-0.5 * ((X - 5) / 0.8) ** 2) + 0.3 * X
NOISE = 0.1 * np.random.default_rng(1).normal(size=X.size)
SPOILT = PEAK + NOISE + 8 * (np.arange(X.size) == 7)


def test_a_peak_is_not_put_on_an_outlier_though_that_leaves_less(call: Call) -> None:
    answer, _ = call(model="gaussian+linear", x=X.tolist(), y=SPOILT.tolist())

    assert answer["status"] == "warn"
    assert values(answer)["centre"] == pytest.approx(5, abs=0.3)
    (reason,) = [r for r in answer["result"]["reasons"] if r["code"] == "multiple_optima"]
    assert "row 7 alone" in reason["message"]


def test_a_robust_loss_finds_the_peak_beside_the_outlier(call: Call) -> None:
    answer, _ = call(model="gaussian+linear", x=X.tolist(), y=SPOILT.tolist(), loss="huber")

    assert answer["status"] == "ok"
    found = values(answer)
    assert found["amplitude"] == pytest.approx(4, abs=0.3)
    assert found["width"] == pytest.approx(0.8, abs=0.06)


def test_each_doubt_is_told_once_where_there_is_no_peak_but_the_outlier(call: Call) -> None:
    y = 0.3 * X + NOISE + 8 * (np.arange(X.size) == 7)

    answer, _ = call(model="gaussian+linear", x=X.tolist(), y=y.tolist())

    assert answer["status"] == "warn"
    said = codes(answer)
    assert len(said) == len(set(said))


def test_a_model_that_only_reverse_mode_passes_is_fitted(call: Call) -> None:
    source = (
        "import jax.numpy as jnp\n"
        "from jax.experimental.ode import odeint\n"
        "def f(x, k, y0):\n"
        "    return odeint(lambda y, t: -k * y, y0, x)\n"
    )
    x = np.linspace(0, 4, 12)
    y = 2 * np.exp(-0.7 * x) + 0.01 * NOISE[:12]

    answer, _ = call(
        model=source,
        x=x.tolist(),
        y=y.tolist(),
        params={"k": {"start": 1, "min": 0.01, "max": 10}, "y0": {"start": 1}},
        search=False,
    )

    assert values(answer) == {
        "k": pytest.approx(0.7, abs=0.01),
        "y0": pytest.approx(2, abs=0.01),
    }
