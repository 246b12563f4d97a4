"""The columns of a call, inline, from CSV text or from a file. Runs in the worker."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.fit_curve.curve import Floats

MISSING = frozenset(("", "na", "n/a", "nan", "null", "none", "-", "?"))
NPZ_MAGIC = b"PK"


class Table:
    """Named columns, as text or as numbers."""

    def __init__(self, columns: Mapping[str, Sequence[str] | Floats]) -> None:
        """All columns are of one length."""
        self._columns = dict(columns)

    @property
    def names(self) -> list[str]:
        """Column names in the order of the file."""
        return list(self._columns)

    def numbers(self, name: str) -> Floats:
        """A column as float64; what is missing is nan.

        Raises:
            ToolError: `bad_argument` for an unknown column, or a cell that is no number.
        """
        column = self._column(name)
        if isinstance(column, np.ndarray):
            return np.asarray(column, float).reshape(-1)
        return np.array([number(cell, name, row) for row, cell in enumerate(column)], float)

    def labels(self, name: str) -> list[str]:
        """A column as text."""
        return [str(cell).strip() for cell in self._column(name)]

    def _column(self, name: str) -> Sequence[str] | Floats:
        if name not in self._columns:
            raise ToolError(
                "bad_argument",
                f"data has no column {name!r}.",
                f"Its columns are {', '.join(map(repr, self.names[:20]))}.",
            )
        return self._columns[name]


def number(cell: Any, name: str, row: int) -> float:
    """One cell; raises ToolError (`bad_argument`) where it is no number."""
    if cell is None:
        return np.nan
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise not_a_number(cell, name, row)
    if not isinstance(cell, str):
        return float(cell)
    text = cell.strip()
    if text.lower() in MISSING:
        return np.nan
    try:
        return float(text)
    except ValueError:
        raise not_a_number(cell, name, row) from None


def not_a_number(cell: Any, name: str, row: int) -> ToolError:
    """A cell that cannot be read."""
    return ToolError(
        "bad_argument",
        f"{name}[{row}] is {cell!r}, which is no number (rows are counted from 0).",
        "Give numbers, null for a missing value, or names of columns together with data.",
    )


def read_table(data: str, files: Mapping[str, bytes]) -> Table:
    """The table that `data` holds or names.

    Raises:
        ToolError: `bad_argument`.
    """
    if data in files:
        content = files[data]
        if content.startswith(NPZ_MAGIC):
            return read_npz(content)
        return read_csv(content.decode("utf-8-sig", "replace"))
    if "\n" in data.strip():
        return read_csv(data)
    raise ToolError(
        "bad_argument",
        f"data is {data[:80]!r}, which is neither CSV text nor one of the files of this call "
        f"({', '.join(sorted(files)) or 'there are none'}).",
        "Give CSV text with a header line, or put the file into files and its name into data.",
    )


def read_npz(content: bytes) -> Table:
    """Arrays of an npz file as columns."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return Table({name: np.asarray(arrays[name], float) for name in arrays.files})
    except (ValueError, OSError, KeyError) as error:
        raise ToolError(
            "bad_argument", f"data: the npz file cannot be read: {error}.", "Save plain arrays."
        ) from None


def read_csv(text: str) -> Table:
    """CSV with a header; separated by commas, semicolons, tabs or spaces; `#` starts a comment."""
    head, _, body = without_comments(text).partition("\n")
    separator = next((s for s in (",", ";", "\t") if s in head), None)
    cells = next(csv.reader([head], delimiter=separator)) if separator else head.split()
    names = [cell.strip() for cell in cells]
    if all(is_number(name) for name in names):
        raise ToolError(
            "bad_argument",
            f"data begins with numbers ({head[:60]!r}), so its columns have no names.",
            "Begin with a header line such as 'x,y'.",
        )
    if len(set(names)) < len(names):
        raise ToolError("bad_argument", f"data repeats a column name: {names}.", "Rename one.")
    numbers = fast_numbers(body, separator, len(names))
    if numbers is not None:
        return Table({name: numbers[:, k] for k, name in enumerate(names)})
    return Table(dict(zip(names, slow_columns(body, separator, names), strict=True)))


def without_comments(text: str) -> str:
    """`text` without blank lines and comments in front of the header and inside."""
    if "#" not in text and "\n\n" not in text and not text.startswith("\n"):
        return text
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return "\n".join(lines)


def fast_numbers(body: str, separator: str | None, n_columns: int) -> Floats | None:
    """All cells as numbers, shape (rows, columns); None where that is not what they are."""
    try:
        numbers = np.loadtxt(io.StringIO(body), delimiter=separator, comments=None, ndmin=2)
    except ValueError:
        return None
    return numbers if numbers.shape[1] == n_columns else None


def slow_columns(body: str, separator: str | None, names: list[str]) -> list[list[str]]:
    """Cells as text, column by column."""
    lines = [line for line in body.splitlines() if line.strip()]
    rows = list(csv.reader(lines, delimiter=separator)) if separator else [s.split() for s in lines]
    for row, cells in enumerate(rows):
        if len(cells) != len(names):
            raise ToolError(
                "bad_argument",
                f"data: row {row} has {len(cells)} cells, the header has {len(names)}.",
                "Give every row as many cells as the header; leave missing ones empty.",
            )
    return [[cells[k] for cells in rows] for k in range(len(names))]


def is_number(text: str) -> bool:
    """Whether `text` reads as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True
