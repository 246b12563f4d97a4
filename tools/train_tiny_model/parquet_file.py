"""Columns of a Parquet file, where pyarrow is installed beside the server. Runs in the worker."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.train_tiny_model.rows import Array


def parquet_columns(name: str, content: bytes) -> dict[str, Array]:
    """Each column: numbers with nan where one is missing, ranks of words, rows of equal lists.

    Raises:
        ToolError: `unsupported` without pyarrow or for a column that is none of these,
            `bad_argument` where the file cannot be read.
    """
    if find_spec("pyarrow") is None:
        raise ToolError(
            "unsupported",
            f"dataset: {name} is a Parquet file, and pyarrow, which reads it, is not installed.",
            "Write it as CSV or npz, or have the operator install jax-workbench[parquet].",
        )
    # Here, not above: it is no dependency, and takes half a second that no other call should pay.
    arrow: Any = import_module("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    try:
        table = parquet.read_table(arrow.BufferReader(content), use_threads=False)
    except (arrow.ArrowException, OSError) as error:
        raise ToolError(
            "bad_argument",
            f"dataset: {name} is no readable Parquet file: {str(error).rstrip('.')}.",
            "Write it anew, or as CSV.",
        ) from None
    if len(set(table.column_names)) < table.num_columns:
        raise ToolError(
            "bad_argument",
            f"dataset: columns of {name} share a name: {', '.join(table.column_names)}.",
            "Give each column a name of its own.",
        )
    return {
        title: values_of(arrow.types, f"column {title!r} of {name}", column.combine_chunks())
        for title, column in zip(table.column_names, table.columns, strict=True)
    }


def values_of(types: Any, place: str, column: Any) -> Array:
    """One column as an array."""
    kind = column.type
    if types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind):
        values = column.to_numpy(zero_copy_only=False)
        # With a value missing, truth values come as objects, and whole numbers as floats.
        return values.astype(np.float64) if values.dtype == object else values
    if types.is_decimal(kind):
        return np.array([np.nan if v is None else float(v) for v in column.to_pylist()])
    if types.is_string(kind) or types.is_large_string(kind):
        words = ["" if word is None else word for word in column.to_pylist()]
        return np.unique(words, return_inverse=True)[1]
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return stacked(place, column)
    raise ToolError(
        "unsupported",
        f"dataset: {place} holds {kind}, which is no number, word or list of numbers.",
        "Write numbers: a time as seconds, a record as columns.",
    )


def stacked(place: str, column: Any) -> Array:
    """Lists of equally many numbers as a table."""
    rows = column.to_pylist()
    lengths = {-1 if row is None else len(row) for row in rows}
    try:
        table = np.array(rows, np.float64) if len(lengths) == 1 else None
    except (TypeError, ValueError):
        table = None
    if table is None or table.ndim != 2:  # noqa: PLR2004 - rows of numbers
        raise ToolError(
            "unsupported",
            f"dataset: the lists of {place} are not equally many numbers in each row.",
            "Pad them, or write an npz file.",
        )
    return table
