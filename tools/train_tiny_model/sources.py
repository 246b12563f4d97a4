"""From the `dataset` argument to rows: bundled, made, a file, or CSV. Runs in the worker."""

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.train_tiny_model.generated import CONTEXT, GENERATED, characters
from jax_workbench.tools.train_tiny_model.parquet_file import parquet_columns
from jax_workbench.tools.train_tiny_model.rows import Array, Kind, Rows, Source

BUNDLED = Path(__file__).parent / "datasets"
TARGETS = ("y", "target", "label", "class")
MAX_CLASSES = 100
DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "u1"}
"""safetensors' names of NumPy's types."""


def read_source(dataset: str, task: str, files: Mapping[str, bytes]) -> Source:
    """Rows of the data set called `dataset`.

    Args:
        dataset: Name of a bundled or generated set or of one of `files`, or CSV text.
        task: "classification" or "regression" where the targets' type should not decide; or the
            name of the target column.
        files: Contents by base name.

    Raises:
        ToolError: `bad_argument` or `unsupported`, with what there is instead.
    """
    if "\n" in dataset.strip():
        return of_columns("csv", csv_columns("dataset", dataset), task)
    name = dataset.rpartition("/")[2]
    if name in files:
        return of_file(name, files[name], task)
    if name in GENERATED:
        return retargeted(GENERATED[name](), task)
    if (BUNDLED / f"{name}.npz").is_file():
        return retargeted(bundled(name), task)
    raise bad(
        f"there is no data set called {dataset!r}.",
        f"Use {', '.join(known_names())}, or the name of a file given in files"
        f"{' (' + ', '.join(files) + ')' if files else ''}.",
    )


def known_names() -> list[str]:
    """Every set that needs no file."""
    return sorted({path.stem for path in BUNDLED.glob("*.npz")} | set(GENERATED))


def bundled(name: str) -> Source:
    """A set that ships; SOURCES.md beside it says whose it is."""
    with np.load(BUNDLED / f"{name}.npz", allow_pickle=False) as archive:
        x, y = archive["x"], archive["y"].astype(np.int32)
    if name == "digits":
        flat = (x.reshape(len(x), -1) / 16).astype(np.float32)
        return Source(name, Rows(flat, y), "classes", image=(8, 8, 1))
    return Source(name, Rows(x.astype(np.float32), y), "classes")


def retargeted(source: Source, task: str) -> Source:
    """`source` with its targets taken as the task says."""
    if task == "regression" and source.kind == "classes":
        rows = Rows(source.rows.x, source.rows.y.astype(np.float32))
        return Source(source.name, rows, "numbers", names=source.names, image=source.image)
    if task in {"", "regression", "classification"}:
        return source
    raise bad(f"task {task!r} is unknown for {source.name}.", "Use classification or regression.")


def of_file(name: str, content: bytes, task: str) -> Source:
    """Rows of a file by its ending and first bytes."""
    suffix = Path(name).suffix.lower()
    if suffix == ".parquet" or content.startswith(b"PAR1"):
        return of_columns(name, parquet_columns(name, content), task)
    if suffix == ".txt":
        return of_text(name, content)
    if suffix == ".safetensors":
        return of_columns(name, safetensors_arrays(name, content), task)
    if content.startswith(b"PK") or suffix == ".npz":
        return of_columns(name, npz_arrays(name, content), task)
    if content.startswith(b"\x93NUMPY"):
        table = npy_array(name, content)
        return of_columns(name, {f"x{i}": table[:, i] for i in range(table.shape[1])}, task)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise bad(f"{name} is neither text nor an array file.", "Give CSV, npz or npy.") from None
    return of_columns(name, csv_columns(name, text), task)


def of_text(name: str, content: bytes) -> Source:
    """Characters of a text file."""
    text = content.decode("utf-8", "replace")
    if len(text) < 20 * CONTEXT:
        raise bad(f"{name} has {len(text)} characters.", f"Give at least {20 * CONTEXT}.")
    return characters(name, text)


def of_columns(name: str, columns: Mapping[str, Array], task: str) -> Source:
    """Inputs and a target from named columns or arrays."""
    own_test = None
    if {"x_train", "y_train", "x_test", "y_test"} <= set(columns):
        own_test = Rows(floats(columns["x_test"]), columns["y_test"])
        columns = {"x": columns["x_train"], "y": columns["y_train"]}
    kinds = {"", "classification", "regression"}
    target = task if task not in kinds else next((t for t in TARGETS if t in columns), "")
    if task not in kinds and task not in columns:
        raise bad(f"{name} has no column {task!r}.", f"Its columns are {', '.join(columns)}.")
    target = target or list(columns)[-1]
    names = tuple(n for n in columns if n != target)
    if not names:
        raise bad(f"{name} has one column only, {target!r}.", "Give inputs and a target.")
    lengths = {n: len(column) for n, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise bad(f"{name}: columns differ in length: {lengths}.", "Make them equally long.")
    inputs = [floats(columns[n]) for n in names]
    x = inputs[0] if len(inputs) == 1 and inputs[0].ndim > 1 else np.column_stack(inputs)
    y, kind = target_of(columns[target], task)
    if own_test is not None:
        own_test = Rows(own_test.x, own_test.y.astype(y.dtype))
    return Source(name, Rows(x, y), kind, test=own_test, names=names)


def floats(column: Array) -> Array:
    """`column` as the models take it."""
    return np.asarray(column, np.float32)


def target_of(column: Array, task: str) -> tuple[Array, Kind]:
    """Targets, and whether they are classes: few whole numbers, unless the task says otherwise."""
    finite = column[np.isfinite(column)] if column.dtype.kind == "f" else column
    is_whole = column.dtype.kind in "iub" or bool(np.all(finite == np.round(finite)))
    n_values = len(np.unique(finite))
    chosen = task if task in {"classification", "regression"} else ""
    if chosen == "classification" or (not chosen and is_whole and n_values <= MAX_CLASSES):
        if not is_whole or len(finite) < len(column):
            return np.asarray(column, np.float32), "classes"
        return np.asarray(column, np.int32), "classes"
    return np.asarray(column, np.float32), "numbers"


def csv_columns(name: str, text: str) -> dict[str, Array]:
    """Columns of CSV text with a header; empty cells are nan, words become numbers by rank."""
    header, *body = [row for row in csv.reader(io.StringIO(text.strip())) if row]
    if not body:
        raise bad(f"{name} has no rows below its header.", "Give a header and rows.")
    for number, row in enumerate(body, 2):
        if len(row) != len(header):
            raise bad(
                f"line {number} of {name} has {len(row)} cells, its header {len(header)}.",
                "Mend that line.",
            )
    return {
        title.strip(): cells_as_numbers([row[i].strip() for row in body])
        for i, title in enumerate(header)
    }


def cells_as_numbers(cells: list[str]) -> Array:
    """A column of text as integers, floats, or the ranks of its words."""
    try:
        return np.array([int(cell) for cell in cells])
    except ValueError:
        pass
    try:
        return np.array([float(cell) if cell else np.nan for cell in cells])
    except ValueError:
        return np.unique(cells, return_inverse=True)[1]


def npz_arrays(name: str, content: bytes) -> dict[str, Array]:
    """Every array of an npz file; objects are refused, since unpickling them runs code."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise bad(f"{name} is no readable npz file: {error}.", "Save numeric arrays.") from None


def npy_array(name: str, content: bytes) -> Array:
    """A table of numbers, the target in its last column."""
    try:
        table = np.load(io.BytesIO(content), allow_pickle=False)
    except ValueError as error:
        raise bad(f"{name} is no readable npy file: {error}.", "Save a numeric array.") from None
    if table.ndim != 2 or table.shape[1] < 2:  # noqa: PLR2004 - inputs and a target
        raise bad(f"{name} has shape {table.shape}.", "Give rows and at least two columns.")
    return table


def safetensors_arrays(name: str, content: bytes) -> dict[str, Array]:
    """Arrays of a safetensors file: a length, a JSON header, the bytes."""
    try:
        size = int.from_bytes(content[:8], "little")
        header: dict[str, Any] = json.loads(content[8 : 8 + size])
        header.pop("__metadata__", None)
        arrays: dict[str, Array] = {}
        for key, about in header.items():
            start, end = about["data_offsets"]
            part = content[8 + size + start : 8 + size + end]
            arrays[key] = np.frombuffer(part, DTYPES[about["dtype"]]).reshape(about["shape"])
    except (ValueError, KeyError, TypeError) as error:
        raise bad(f"{name} is no readable safetensors file: {error!r}.", "Save it anew.") from None
    return arrays


def bad(cause: str, next_step: str) -> ToolError:
    """Say that the data set cannot be had."""
    return ToolError("bad_argument", f"dataset: {cause}", next_step)
