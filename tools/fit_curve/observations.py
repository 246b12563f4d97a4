"""What a call says was observed: complete rows, and which were left out. Runs in the worker."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.fit_curve import FitCurveAsk
from jax_workbench.tools.fit_curve.curve import Floats
from jax_workbench.tools.fit_curve.data_source import Table, number, read_table


@dataclass(frozen=True)
class Observations:
    """Rows that are complete and finite.

    Attributes:
        predictors: Names, in the order of `x`.
        x: Shape (predictors, n).
        sigma: Shape (n,); None where none was given.
        x_sigma: The same for errors of the one predictor.
        sets: Number of each row's data set, shape (n,); None where there is one.
        set_names: Of the data sets, sorted.
        row: Number of each row in the call's data, from 0.
        dropped: Rows that hold a value that is missing or not finite.
        bad_sigma: Rows whose sigma is not a positive number.
    """

    predictors: tuple[str, ...]
    x: Floats
    y: Floats
    sigma: Floats | None
    x_sigma: Floats | None
    sets: Floats | None
    set_names: tuple[str, ...]
    row: Floats
    dropped: tuple[int, ...]
    bad_sigma: tuple[int, ...]

    @property
    def n(self) -> int:
        """Rows."""
        return self.y.size

    def where(self, kept: Floats) -> "Observations":
        """Some of the rows."""
        return Observations(
            self.predictors,
            self.x[:, kept],
            self.y[kept],
            None if self.sigma is None else self.sigma[kept],
            None if self.x_sigma is None else self.x_sigma[kept],
            None if self.sets is None else self.sets[kept],
            self.set_names,
            self.row[kept],
            self.dropped,
            self.bad_sigma,
        )


def read_observations(ask: FitCurveAsk, files: Mapping[str, bytes]) -> Observations:
    """Read the call's data.

    Raises:
        ToolError: `bad_argument` for unknown columns, cells that are no numbers, unequal lengths.
    """
    if ask.data:
        table = read_table(ask.data, files)
        predictors = columns_named(ask.x, "x", table)
        x = np.array([table.numbers(name) for name in predictors])
        y = table.numbers(columns_named(ask.y, "y", table)[0])
        sigma = table.numbers(columns_named(ask.sigma, "sigma", table)[0]) if ask.sigma else None
        x_sigma = errors_of_x(ask, table)
        names = ("x",) if len(predictors) == 1 else tuple(predictors)
        columns = {"y": y, "sigma": sigma, "x_sigma": x_sigma}
        labels = table.labels(ask.group) if ask.group else None
        check_lengths({f"x ({n})": c for n, c in zip(predictors, x, strict=True)} | columns)
        return complete(names, x, y, sigma, x_sigma, labels)
    x, y = inline(ask.x, "x"), inline(ask.y, "y")
    sigma = inline(ask.sigma, "sigma") if ask.sigma else None
    x_sigma = inline(ask.x_sigma, "x_sigma") if ask.x_sigma else None
    check_lengths({"x": x, "y": y, "sigma": sigma, "x_sigma": x_sigma})
    return complete(("x",), x[None], y, sigma, x_sigma, None)


def columns_named(names: list[object], what: str, table: Table) -> list[str]:
    """The columns that the call names; without any, the one that is called so."""
    if not names and what in table.names:
        return [what]
    if not names or not all(isinstance(name, str) for name in names):
        found = f"{names[:3]!r}" if names else "nothing"
        raise ToolError(
            "bad_argument",
            f"{what} must name a column of data, as in {what}: [{table.names[0]!r}]; got {found}.",
            f"The columns are {', '.join(map(repr, table.names[:20]))}.",
        )
    if len(names) > 1 and what != "x":
        raise ToolError("bad_argument", f"{what} names {len(names)} columns.", "Name one.")
    return [str(name) for name in names]


def errors_of_x(ask: FitCurveAsk, table: Table) -> Floats | None:
    """Standard deviations of the predictor, if there are any."""
    return table.numbers(columns_named(ask.x_sigma, "x_sigma", table)[0]) if ask.x_sigma else None


def inline(values: list[object], name: str) -> Floats:
    """Numbers that stand in the call."""
    return np.array([number(value, name, row) for row, value in enumerate(values)], float)


def check_lengths(columns: Mapping[str, Floats | None]) -> None:
    """Raise ToolError (`bad_argument`) where the columns are not of one length."""
    lengths = {name: column.size for name, column in columns.items() if column is not None}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise ToolError(
            "bad_argument",
            f"length_mismatch: {said} values.",
            "Give one value of each for every row; null where a value is missing.",
        )


def complete(  # noqa: PLR0913, PLR0917 - one argument for each column
    predictors: tuple[str, ...],
    x: Floats,
    y: Floats,
    sigma: Floats | None,
    x_sigma: Floats | None,
    labels: list[str] | None,
) -> Observations:
    """Leave out the rows that cannot be used, and say which."""
    finite = np.isfinite(x).all(0) & np.isfinite(y)
    if sigma is not None:
        finite &= ~np.isnan(sigma)
    bad = np.zeros(y.size, bool)
    for errors, least in ((sigma, 0.0), (x_sigma, -1.0)):
        if errors is not None:
            with np.errstate(invalid="ignore"):
                bad |= ~(np.isfinite(errors) & (errors > least)) & finite
    set_names = tuple(sorted(set(labels))) if labels is not None else ()
    sets = (
        np.array([set_names.index(label) for label in labels], float)
        if labels is not None
        else None
    )
    return Observations(
        predictors,
        x,
        y,
        sigma,
        x_sigma,
        sets,
        set_names,
        np.arange(y.size, dtype=float),
        tuple(np.flatnonzero(~finite).tolist()),
        tuple(np.flatnonzero(bad).tolist()),
    ).where(finite)
