"""Whole calls: what is answered, warned about, refused and handed out."""

import csv
import io
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from jax_workbench.tools.errors import ToolError
from tests.tools.fit_curve.conftest import DECAY, Call, X, codes, values

PLAIN = {"model": "a*exp(-k*x)+c", "x": X.tolist(), "y": DECAY.tolist()}
PICTURE_BYTES = 150_000
ANSWER_BYTES = 10_000


def test_a_good_fit_is_ok_and_brings_its_files(call: Call) -> None:
    answer, job = call(**PLAIN, x_label="time / s", y_label="U [V]", predict_at=[1.0, 6.0])

    assert answer["status"] == "ok"
    assert answer["result"]["reasons"] == []
    units = {p["name"]: p["unit"] for p in answer["result"]["parameters"]}
    assert units == {"a": "V", "k": "(s)^-1", "c": "V"}
    assert [p["x"] for p in answer["result"]["prediction"]] == [1.0, 6.0]
    assert job.saved.keys() == {
        "fit.png", "residuals.csv", "curve.csv", "parameters.csv", "reproduce.py"
    }  # fmt: skip
    assert len(job.saved["fit.png"]) <= PICTURE_BYTES
    width, height = struct.unpack(">II", job.saved["fit.png"][16:24])
    assert min(width, height) > 300


def test_residuals_and_bands_in_the_files_belong_to_the_fit(call: Call) -> None:
    answer, job = call(**PLAIN)

    rows = list(csv.DictReader(io.StringIO(job.saved["residuals.csv"].decode())))
    a, k, c = values(answer).values()
    for row in rows[::7]:
        fit = a * np.exp(-k * float(row["x"])) + c
        assert float(row["fit"]) == pytest.approx(fit, rel=1e-12)
        assert float(row["residual"]) == pytest.approx(float(row["y"]) - fit, abs=1e-12)
    for point in answer["result"]["prediction"]:
        assert point["prediction_low"] < point["confidence_low"] < point["y"]
        assert point["y"] < point["confidence_high"] < point["prediction_high"]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"loss": "huber"},
        {"params": {"k": {"max": 1.0}}},
        {"params": {"c": {"tied": "a/6"}}},
        {"sigma": [0.05] * 40, "sigma_kind": "absolute"},
        {"model": "import jax.numpy as jnp\ndef f(x, a, k, c):\n    return a*jnp.exp(-k*x)+c\n"},
        {"sigma": [0.05] * 40, "sigma_kind": "absolute", "x_sigma": [0.02] * 40},
    ],
    ids=["plain", "huber", "bounded", "tied", "weighted", "python", "errors in x"],
)
def test_the_script_repeats_the_fit_with_scipy_alone(
    call: Call, tmp_path: Path, more: dict[str, object]
) -> None:
    answer, job = call(**{**PLAIN, **more})
    for name in ("residuals.csv", "reproduce.py"):
        (tmp_path / name).write_bytes(job.saved[name])

    done = subprocess.run(
        [sys.executable, "-I", "reproduce.py"], cwd=tmp_path, capture_output=True, check=True
    )

    rss = float(done.stdout.split()[-1])
    assert rss == pytest.approx(answer["result"]["fit"]["rss"], rel=1e-6)


def test_outliers_are_named_and_a_robust_loss_is_proposed_and_works(call: Call) -> None:
    spoilt = DECAY.copy()
    spoilt[[7, 20]] += (5, -4)
    asked = {**PLAIN, "y": spoilt.tolist()}

    pulled, _ = call(**asked)
    robust, _ = call(**asked, **pulled["next"][0]["arguments"])

    assert "outliers" in codes(pulled)
    assert pulled["result"]["residuals"]["outlier_rows"] == [7, 20]
    assert robust["status"] == "ok"
    assert values(robust)["k"] == pytest.approx(1.3, abs=0.15)


def test_a_parameter_on_its_bound_has_no_error_and_says_so(call: Call) -> None:
    answer, _ = call(**PLAIN, params={"k": {"max": 1.0}})

    k = next(p for p in answer["result"]["parameters"] if p["name"] == "k")
    assert "at_bound" in codes(answer)
    assert k == {**k, "value": 1.0, "se": None, "at_bound": True}
    best = np.linalg.lstsq(np.column_stack([np.exp(-X), np.ones_like(X)]), DECAY)[0]
    assert values(answer)["a"] == pytest.approx(best[0], rel=1e-9)
    assert "NLSQ" in answer["result"]["solver"]["engine"]


def test_several_sets_share_what_is_named_and_keep_the_rest(call: Call) -> None:
    rng = np.random.default_rng(0)
    rows = ["x,y,who"] + [
        f"{x},{a * np.exp(-k * x) + 0.3 + 0.02 * rng.normal()},{who}"
        for who, a, k in (("one", 3, 1.0), ("two", 4, 2.0))
        for x in np.linspace(0, 5, 20)
    ]

    answer, _ = call(
        model="a*exp(-k*x)+c", data="\n".join(rows), group="who", shared=["c"], x_label="t / s"
    )

    found = values(answer)
    assert answer["status"] == "ok"
    assert found.keys() == {"a[one]", "a[two]", "k[one]", "k[two]", "c"}
    assert found["k[two]"] == pytest.approx(2.0, abs=0.1)
    assert found["c"] == pytest.approx(0.3, abs=0.03)


def test_many_sets_are_fitted_with_little_memory(call: Call) -> None:
    rng = np.random.default_rng(1)
    rates = rng.uniform(0.5, 2, 40)
    rows = ["x,y,who"] + [
        f"{x},{3 * np.exp(-k * x) + 0.3 + 0.01 * rng.normal()},s{who:02}"
        for who, k in enumerate(rates)
        for x in np.linspace(0, 5, 12)
    ]

    answer, job = call(model="a*exp(-k*x)+c", data="\n".join(rows), group="who", shared=["c"])

    lines = job.saved["parameters.csv"].decode().splitlines()[1:]
    found = {line.split(",")[0]: float(line.split(",")[1]) for line in lines}
    assert answer["status"] == "ok"
    assert found["c"] == pytest.approx(0.3, abs=0.01)
    assert [found[f"k[s{who:02}]"] for who in range(40)] == pytest.approx(rates, rel=0.1)
    assert len(job.saved["fit.png"]) < PICTURE_BYTES


def test_errors_in_x_of_a_line_are_those_of_orthogonal_regression(call: Call) -> None:
    rng = np.random.default_rng(5)
    true = np.linspace(0, 10, 30)
    x, y = true + 0.3 * rng.normal(size=30), 2 * true + 1 + 0.3 * rng.normal(size=30)

    answer, _ = call(
        model="a*x+b", x=x.tolist(), y=y.tolist(), sigma=[0.3] * 30, x_sigma=[0.3] * 30,
        sigma_kind="absolute",
    )  # fmt: skip

    # Equal errors: the first principal axis of the centred points.
    axis = np.linalg.svd(np.column_stack([x - x.mean(), y - y.mean()]))[2][0]
    assert values(answer)["a"] == pytest.approx(axis[1] / axis[0], rel=1e-9)


def test_models_are_compared_by_their_akaike_weights(call: Call) -> None:
    answer, _ = call(**PLAIN, compare=["linear", "a*exp(-k*x)"])

    comparison = answer["result"]["comparison"]
    assert [c["model"] for c in comparison] == ["a*exp(-k*x)+c", "a*exp(-k*x)", "linear"]
    assert sum(c["weight"] for c in comparison) == pytest.approx(1.0)
    assert comparison[0]["aicc"] == answer["result"]["fit"]["aicc"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"x": [1, 2], "y": [1, 2]}, "too_few_points"),
        ({"sigma": [0.0] * 40, "sigma_kind": "relative"}, "bad_sigma"),
        ({"model": "a*log(x)+b"}, "model_raised"),
        ({"model": "def f(x, a):\n    raise ValueError('no')"}, "model_raised"),
        ({"model": "def f(x, a):\n    return a*x[:3]"}, "length_mismatch"),
    ],
)
def test_what_cannot_be_fitted_is_refused_without_a_number(
    call: Call, changes: dict[str, object], code: str
) -> None:
    answer, job = call(**{**PLAIN, **changes})

    assert answer["status"] == "refused"
    assert codes(answer) == [code]
    assert answer["result"]["parameters"] == []
    assert job.saved == {}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"model": "a*b*x"}, "unidentifiable"),
        ({"model": "a*x+0*z"}, "unused_parameter"),
        ({"x": [1.0] * 40, "model": "a*x+b"}, "constant_x"),
        ({"y": [2.0] * 40, "model": "a*x+b"}, "constant_data"),
        ({"x": [1, 2], "y": [1, 3], "model": "a*x+b"}, "zero_dof"),
        ({"x": [None, *X[1:].tolist()], "model": "a*x+b"}, "nonfinite_data"),
        ({"y": (X + 0.3 * X**2).tolist(), "model": "a*x+b"}, "residual_structure"),
        ({"y": np.cos(9 * X).tolist(), "model": "a*x+b"}, "poor_fit"),
        ({"model": "polynomial2", "sigma": [0.001] * 40, "sigma_kind": "absolute"},
         "sigma_underestimated"),
        ({"model": "polynomial5", "sigma": [9.0] * 40, "sigma_kind": "absolute"}, "scale_mismatch"),
        ({"y": (2 * X + DECAY * 0.01).tolist(), "model": "a*x+b*(x+1e-9*x^2)+c"},
         "ill_conditioned"),
    ],
)  # fmt: skip
def test_what_is_doubtful_is_warned_about_by_its_code(
    call: Call, changes: dict[str, object], code: str
) -> None:
    answer, _ = call(**{**PLAIN, **changes})

    assert answer["status"] == "warn"
    assert code in codes(answer)
    assert all(reason["fix"] for reason in answer["result"]["reasons"])


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"q": {"start": 1}}, "no parameter 'q'"),
        ({"k": {"min": 2, "max": 1}}, "min 2.0 above max 1.0"),
        ({"k": {"fixed": True}}, "at no value"),
        ({"k": {"tied": "z"}}, "'z' is not a parameter"),
        ({n: {"fixed": 1.0} for n in "akc"}, "every parameter"),
    ],
)
def test_a_malformed_parameter_is_refused_by_name(
    call: Call, params: dict[str, object], said: str
) -> None:
    with pytest.raises(ToolError, match=said):
        call(**PLAIN, params=params)


def test_an_answer_stays_short_however_many_parameters_there_are(call: Call) -> None:
    rng = np.random.default_rng(0)
    rows = ["x,y,who"] + [
        f"{x},{who * x + 1 + 0.1 * rng.normal()},set number {who}"
        for who in range(25)
        for x in range(4)
    ]

    answer, job = call(model="a*x+b", data="\n".join(rows), group="who")

    assert len(str(answer)) <= ANSWER_BYTES
    assert job.saved["parameters.csv"].count(b"\n") == 51
    assert "shortened" in [note["code"] for note in answer["notes"]]
