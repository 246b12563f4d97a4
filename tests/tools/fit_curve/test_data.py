"""Where the numbers come from, and what is said of those that cannot be used."""

import io
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.fit_curve import FitCurveAsk
from jax_workbench.tools.fit_curve.observations import Observations, read_observations


def read(files: dict[str, bytes] | None = None, **arguments: object) -> Observations:
    """The observations of a call."""
    ask = FitCurveAsk.model_validate({"model": "a*x", **arguments})
    return read_observations(ask, files or {})


@pytest.mark.parametrize("separator", [",", ";", "\t", " "])
def test_csv_may_be_separated_by_any_of_four_signs(separator: str) -> None:
    text = "# a comment\nt,v\n1,2\n3,4\n".replace(",", separator)

    seen = read(data=text, x=["t"], y=["v"])

    np.testing.assert_array_equal(seen.x, [[1, 3]])
    np.testing.assert_array_equal(seen.y, [2, 4])


def test_rows_with_a_missing_value_are_dropped_and_named_from_zero() -> None:
    seen = read(data="x,y\n0,1\n1,NA\n2,\n3,inf\n4,5", x=["x"], y=["y"])

    assert seen.dropped == (1, 2, 3)
    np.testing.assert_array_equal(seen.row, [0, 4])


def test_null_is_a_missing_value_inline() -> None:
    seen = read(x=[0, 1, 2], y=[1, None, 3])

    assert seen.dropped == (1,)


def test_a_file_is_read_by_its_name_as_csv_or_npz() -> None:
    packed = io.BytesIO()
    np.savez(packed, x=np.arange(3.0), y=np.ones(3))

    csv = read({"d.csv": b"x,y\n1,2\n"}, data="d.csv", x=["x"], y=["y"])
    npz = read({"d.npz": packed.getvalue()}, data="d.npz", x=["x"], y=["y"])

    assert (csv.n, npz.n) == (1, 3)


def test_columns_called_x_and_y_need_not_be_named() -> None:
    assert read(data="x,y\n1,2\n").n == 1


def test_several_predictors_keep_their_names() -> None:
    seen = read(data="u,v,y\n1,2,3\n4,5,6", x=["u", "v"], y=["y"])

    assert seen.predictors == ("u", "v")
    np.testing.assert_array_equal(seen.x, [[1, 4], [2, 5]])


def test_data_sets_are_numbered_by_name() -> None:
    seen = read(data="x,y,who\n1,2,b\n3,4,a\n5,6,b", x=["x"], y=["y"], group="who")

    assert seen.set_names == ("a", "b")
    assert seen.sets is not None
    np.testing.assert_array_equal(seen.sets, [1, 0, 1])


def test_sigma_that_is_not_positive_is_kept_to_be_refused() -> None:
    seen = read(x=[0, 1, 2], y=[1, 2, 3], sigma=[1, 0, -1], sigma_kind="absolute")

    assert seen.bad_sigma == (1, 2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"x": [1, 2, 3], "y": [1, 2]}, "x has 3, y has 2"),
        ({"x": [1, "a"], "y": [1, 2]}, r"x\[1\] is 'a'"),
        ({"data": "x,y\n1,two", "x": ["x"], "y": ["y"]}, r"y\[0\] is 'two'"),
        ({"data": "x,y\n1,2", "x": ["z"], "y": ["y"]}, "no column 'z'"),
        ({"data": "x,y\n1,2,3\n4,5", "x": ["x"], "y": ["y"]}, "3 cells"),
        ({"data": "1,2\n3,4", "x": ["x"], "y": ["y"]}, "no names"),
        ({"data": "nowhere.csv", "x": ["x"], "y": ["y"]}, "neither CSV text nor one of the files"),
        ({"data": "x,y\n1,2", "x": [1.0], "y": ["y"]}, "x must name a column"),
    ],
)
def test_a_malformed_call_is_refused_with_its_cause(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ToolError, match=said) as refused:
        read(**arguments)

    assert refused.value.code == "bad_argument"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"x": [1], "y": [1], "sigma": [1]}, "sigma_kind"),
        ({"x": [0.0] * 1001, "y": [0.0] * 1001}, "2002 numbers"),
        ({}, "give x and y"),
        ({"x": [1], "y": [1], "group": "g"}, "group"),
        ({"x": [1], "y": [1], "params": {"a": {"begin": 1}}}, "begin"),
    ],
)
def test_the_face_refuses_what_no_data_could_make_good(
    arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        FitCurveAsk.model_validate({"model": "a*x", **arguments})
