"""How data reach the model: JSON, npz, CSV, families."""

import io
from typing import Any

import numpy as np
import pytest

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.run_mcmc.model_text import family_names, family_source, read_model
from jax_workbench.tools.run_mcmc.preflight import first_run, structural
from jax_workbench.tools.run_mcmc.read_arrays import read_arrays
from jax_workbench.tools.run_mcmc.site_trace import SiteTrace

RNG = np.random.default_rng(1)
X = np.linspace(0, 5, 12)
FAMILY_DATA: dict[str, dict[str, Any]] = {
    "linear_regression": {"x": X, "y": X + RNG.normal(size=12)},
    "robust_regression": {"x": X, "y": X + RNG.normal(size=12)},
    "logistic_regression": {"x": X, "y": np.arange(12) % 2},
    "poisson_regression": {"x": X, "y": np.arange(12)},
    "varying_intercepts": {
        "x": X,
        "y": X + RNG.normal(size=12),
        "group": np.arange(12) % 3,
        "n_groups": 3,
    },
    "hierarchical_normal": {"y": X, "sigma": 1 + X},
    "gaussian_mixture": {"y": RNG.normal(size=12), "n_components": 2},
    "gp_regression": {"x": X, "y": np.sin(X)},
    "autoregression": {"y": RNG.normal(size=12), "order": 2},
}


def npz(**arrays: Any) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def test_every_family_is_tried_here() -> None:
    assert {name.partition("(")[0] for name in family_names()} == FAMILY_DATA.keys()


@pytest.mark.parametrize("name", FAMILY_DATA)
def test_a_family_is_a_model_without_structural_faults(name: str) -> None:
    text = read_model(name)

    sites = first_run(text.function, FAMILY_DATA[name])

    assert isinstance(sites, SiteTrace)
    assert list(structural(sites, FAMILY_DATA[name], discrete_is_fine=False)) == []
    assert text.source == family_source(name)


def test_null_is_a_missing_number_and_whole_numbers_stay_whole() -> None:
    data = read_arrays({"y": [1.5, None], "g": [0, 1], "k": 3}, {}, "", left_out=())

    assert np.isnan(data["y"][1])
    assert data["g"].dtype.kind == "i"
    assert data["k"] == 3
    assert isinstance(data["k"], int)


def test_arrays_of_a_file_become_arguments_under_the_names_that_columns_gives() -> None:
    blobs = {"points.npz": npz(height=np.arange(3.0), age=np.arange(3))}

    everything = read_arrays({}, blobs, "", left_out=())
    renamed = read_arrays({}, blobs, "y=height, age", left_out=())

    assert everything.keys() == {"height", "age"}
    assert renamed.keys() == {"y", "age"}


def test_columns_of_csv_are_numbers_with_empty_cells_missing() -> None:
    blobs = {"points.csv": b"x,y\n1,2.5\n2,\n"}

    data = read_arrays({}, blobs, "", left_out=())

    assert data["x"].tolist() == [1, 2]
    assert np.isnan(data["y"][1])


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"x,y\n1,2\n3\n", "row 2"),
        (b"x,y\n1,blue\n", "column 'y'"),
        (b"x,y\n", "no rows"),
        (b"\xff\xfe\x00", "neither npz nor CSV"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_the_place(content: bytes, cause: str) -> None:
    with pytest.raises(ToolError) as raised:
        read_arrays({}, {"points.csv": content}, "", left_out=())

    assert raised.value.code == "bad_argument"
    assert cause in raised.value.cause


def test_objects_in_an_npz_file_are_never_unpickled() -> None:
    content = npz(x=np.array([{"a": 1}], dtype=object))

    with pytest.raises(ToolError) as raised:
        read_arrays({}, {"evil.npz": content}, "", left_out=())

    assert "no readable npz" in raised.value.cause
