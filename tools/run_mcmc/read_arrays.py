"""The model's data from JSON, npz and CSV. Runs in the worker."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from jax_workbench.tools.errors import ToolError

MAX_INLINE = 5_000
"""Numbers in `data`; more come by file."""

type Data = dict[str, Any]
"""By argument's name: NumPy arrays, and Python numbers, which stay static."""


def read_arrays(
    data: Mapping[str, Any], blobs: Mapping[str, bytes], columns: str, *, left_out: Sequence[str]
) -> Data:
    """Put together what is passed to the model by name.

    Args:
        data: JSON values; null stands for a missing number and becomes nan.
        blobs: npz and CSV files by name.
        columns: `new=old` pairs or plain names, separated by commas; empty takes every column.
        left_out: Names of files that are no data.

    Raises:
        ToolError: `bad_argument`, with the name of what cannot be used.
    """
    inline = {name: as_array(name, value) for name, value in data.items()}
    n_inline = sum(np.size(value) for value in inline.values())
    if n_inline > MAX_INLINE:
        raise refused(
            f"data: {n_inline} numbers, at most {MAX_INLINE} can be inline.",
            "Put them into an npz or CSV file and name it in files.",
        )
    found = {
        name: array
        for file, content in blobs.items()
        if file not in left_out
        for name, array in columns_of(file, content).items()
    }
    chosen = rename(found, columns)
    if twice := sorted(set(chosen) & set(inline)):
        raise refused(
            f"{', '.join(twice)}: given in data and in a file.", "Give each argument once."
        )
    return inline | chosen


def as_array(name: str, value: Any) -> Any:
    """`value` as a model takes it: numbers, truth values and texts as they are, lists as arrays."""
    if isinstance(value, bool | int | float | str):
        return value
    if not isinstance(value, list):
        raise refused(
            f"data.{name}: {type(value).__name__} is neither a number nor a list of numbers.",
            "Give numbers, or (nested) lists of numbers.",
        )
    try:
        array = np.asarray(with_nan(cast("list[Any]", value)))
    except ValueError:
        raise refused(
            f"data.{name}: the nested lists differ in length.", "Make every row equally long."
        ) from None
    if array.dtype.kind not in "biuf":
        raise refused(f"data.{name}: holds more than numbers.", "Give numbers only.")
    return array if array.size else array.astype(np.float64)


def with_nan(value: list[Any]) -> list[Any]:
    """`value` with nan for null, at any depth."""
    return [
        with_nan(cast("list[Any]", entry))
        if isinstance(entry, list)
        else (np.nan if entry is None else entry)
        for entry in value
    ]


def columns_of(file: str, content: bytes) -> dict[str, NDArray[Any]]:
    """Arrays of an npz file, or columns of a CSV file, by name."""
    if content.startswith(b"PK"):
        return npz_arrays(file, content)
    return csv_columns(file, content)


def npz_arrays(file: str, content: bytes) -> dict[str, NDArray[Any]]:
    """Every array of an npz file; objects are refused, since unpickling them runs code."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise refused(f"files: {file} is no readable npz file: {error}.", "Save it anew.") from None
    for name, array in arrays.items():
        if array.dtype.kind not in "biuf":
            raise refused(
                f"files: {name} in {file} has dtype {array.dtype}.", "Save numeric arrays only."
            )
    return arrays


def csv_columns(file: str, content: bytes) -> dict[str, NDArray[Any]]:
    """Columns of a CSV file with a header; empty cells are nan."""
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise refused(
            f"files: {file} is neither npz nor CSV: {error}.", "Give npz or CSV in UTF-8."
        ) from None
    if len(rows) < 2:  # noqa: PLR2004 - a header and a row
        raise refused(f"files: {file} has no rows below its header.", "Give a header and rows.")
    header, *body = [row for row in rows if row]
    for number, row in enumerate(body, 1):
        if len(row) != len(header):
            raise refused(
                f"files: row {number} of {file} has {len(row)} cells, the header {len(header)}.",
                "Mend that row.",
            )
    return {
        name.strip(): numbers(file, name, [row[i] for row in body]) for i, name in enumerate(header)
    }


def numbers(file: str, name: str, cells: list[str]) -> NDArray[Any]:
    """A column as numbers, whole where all are."""
    try:
        return np.asarray([int(cell) for cell in cells])
    except ValueError:
        pass
    try:
        return np.asarray([float(cell) if cell.strip() else np.nan for cell in cells])
    except ValueError:
        raise refused(
            f"files: column {name!r} of {file} holds text.",
            "Leave it out with columns, or encode it as numbers.",
        ) from None


def rename(found: Mapping[str, NDArray[Any]], columns: str) -> dict[str, NDArray[Any]]:
    """Take the columns that `columns` names, under the names it gives them."""
    if not columns.strip():
        return dict(found)
    chosen: dict[str, NDArray[Any]] = {}
    for entry in columns.split(","):
        new, _, old = (part.strip() for part in entry.partition("="))
        old = old or new
        if old not in found:
            there = ", ".join(found) or "none, since no file was given"
            raise refused(f"columns: there is no column {old!r}; there are: {there}.", "Name one.")
        chosen[new] = found[old]
    return chosen


def refused(cause: str, next_step: str) -> ToolError:
    """Say that the call is malformed."""
    return ToolError("bad_argument", cause, next_step)
