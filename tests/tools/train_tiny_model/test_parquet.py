"""Parquet files, where pyarrow is installed; what is said where it is not."""

import decimal
import importlib
import io
from typing import Any

import numpy as np
import pytest

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.train_tiny_model import parquet_file
from jax_workbench.tools.train_tiny_model.sources import read_source

N = 12


@pytest.fixture
def arrow() -> Any:
    """PyArrow with its parts, which the extra `parquet` installs."""
    pytest.importorskip("pyarrow", reason="pyarrow is not installed (the extra parquet)")
    importlib.import_module("pyarrow.parquet")
    return importlib.import_module("pyarrow")


def written(arrow: Any, columns: dict[str, Any]) -> bytes:
    """These columns as a Parquet file."""
    file = io.BytesIO()
    arrow.parquet.write_table(arrow.table(columns), file)
    return file.getvalue()


def test_without_pyarrow_the_refusal_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_found(name: str) -> None:
        assert name == "pyarrow"

    monkeypatch.setattr(parquet_file, "find_spec", none_found)

    with pytest.raises(ToolError, match="pyarrow") as refused:
        read_source("a.parquet", "", {"a.parquet": b"PAR1"})

    assert refused.value.code == "unsupported"
    assert "CSV" in refused.value.next_step
    assert "jax-workbench[parquet]" in refused.value.next_step


def test_numbers_words_and_lists_are_read_as_of_other_files(arrow: Any) -> None:
    content = written(
        arrow,
        {
            "a": [1, None, *range(2, N)],
            "is_b": [True, None] * (N // 2),
            "c": [decimal.Decimal("1.5")] * N,
            "word": arrow.array(["red", "blue", None] * (N // 3)).dictionary_encode(),
            "pair": [[float(i), 2.0 * i] for i in range(N)],
            "y": [i % 2 for i in range(N)],
        },
    )

    source = read_source("t.parquet", "", {"t.parquet": content})

    assert (source.kind, source.rows.x.shape) == ("classes", (N, 6))
    assert source.names == ("a", "is_b", "c", "word", "pair")
    assert source.rows.y.tolist() == [0, 1] * (N // 2)
    np.testing.assert_array_equal(source.rows.x[1], [np.nan, np.nan, 1.5, 1, 1, 2])
    np.testing.assert_array_equal(source.rows.x[2], [2, 1, 1.5, 0, 2, 4])


def test_a_column_that_is_no_number_is_refused_by_name(arrow: Any) -> None:
    times = written(arrow, {"t": arrow.array([0] * N, arrow.timestamp("s")), "y": [0.5] * N})
    ragged = written(arrow, {"row": [[1.0], [1.0, 2.0]], "y": [0.5, 1.5]})

    for content, said in ((times, "'t' of f.parquet holds timestamp"), (ragged, "lists of")):
        with pytest.raises(ToolError, match=said) as refused:
            read_source("f.parquet", "", {"f.parquet": content})
        assert refused.value.code == "unsupported"


def test_a_file_that_is_cut_off_is_the_callers_fault(arrow: Any) -> None:
    content = written(arrow, {"x": [1.5] * N, "y": [0.5] * N})

    with pytest.raises(ToolError, match="no readable Parquet file") as refused:
        read_source("f.parquet", "", {"f.parquet": content[:-20]})

    assert refused.value.code == "bad_argument"
