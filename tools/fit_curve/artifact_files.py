"""Residuals, curve and covariance as files. Runs in the worker."""

import io

import numpy as np

from jax_workbench.tools.contract import Job
from jax_workbench.tools.fit_curve.bands import Bands
from jax_workbench.tools.fit_curve.code_writer import MOST_CSV
from jax_workbench.tools.fit_curve.curve import Floats
from jax_workbench.tools.fit_curve.fit import Fit

MOST_COLUMNS = 100
"""Parameters up to which their covariances stand beside them in parameters.csv."""


def save_files(job: Job, fit: Fit, bands: list[Bands], code: str) -> None:
    """Hand out residuals.csv (npz where long), curve.csv, parameters.csv and reproduce.py."""
    save_residuals(job, fit)
    if bands:
        save_curve(job, fit, bands)
    save_parameters(job, fit)
    job.save("reproduce.py", code.encode(), "text/x-python")


def save_parameters(job: Job, fit: Fit) -> None:
    """Estimates with their covariance, which is a file of its own where it is large."""
    names, covariance = fit.curve.names, fit.spread.covariance
    columns = {"value": fit.theta, "se": fit.spread.se}
    if len(names) <= MOST_COLUMNS:
        columns |= {f"cov_{n}": column for n, column in zip(names, covariance, strict=True)}
    else:
        target = io.BytesIO()
        np.savez(target, allow_pickle=False, names=np.array(names), covariance=covariance)
        job.save("covariance.npz", target.getvalue(), "application/octet-stream")
    job.save("parameters.csv", as_csv(columns, list(names), "name"), "text/csv")


def save_residuals(job: Job, fit: Fit) -> None:
    """Every row that was used, with its fit and its residual."""
    seen = fit.observations
    columns = {"row": seen.row, **dict(zip(seen.predictors, seen.x, strict=True)), "y": seen.y}
    given = {"sigma": seen.sigma, "x_sigma": seen.x_sigma, "set": seen.sets}
    columns |= {name: column for name, column in given.items() if column is not None}
    columns |= {"fit": fit.fitted, "residual": seen.y - fit.fitted}
    if seen.n <= MOST_CSV:
        job.save("residuals.csv", as_csv(columns), "text/csv")
        return
    target = io.BytesIO()
    np.savez(target, allow_pickle=False, **columns)
    job.save("residuals.npz", target.getvalue(), "application/octet-stream")


def save_curve(job: Job, fit: Fit, bands: list[Bands]) -> None:
    """The curve with its bands, set by set."""
    columns: dict[str, Floats] = {}
    if len(bands) > 1:
        columns["set"] = np.concatenate([np.full(b.x.size, i) for i, b in enumerate(bands)])
    x, y, confidence, prediction = (
        np.concatenate([getattr(band, name) for band in bands])
        for name in ("x", "y", "confidence", "prediction")
    )
    columns |= {
        fit.observations.predictors[0]: x,
        "y": y,
        "confidence_low": y - confidence,
        "confidence_high": y + confidence,
        "prediction_low": y - prediction,
        "prediction_high": y + prediction,
    }
    job.save("curve.csv", as_csv(columns), "text/csv")


def as_csv(columns: dict[str, Floats], labels: list[str] | None = None, name: str = "") -> bytes:
    """Columns in full precision; what is not finite is left empty."""
    heads = ([name] if labels else []) + list(columns)
    lines = [",".join(heads)]
    for i, row in enumerate(zip(*(column.tolist() for column in columns.values()), strict=True)):
        cells = [repr(v) if np.isfinite(v) else "" for v in row]
        lines.append(",".join([labels[i], *cells] if labels else cells))
    return ("\n".join(lines) + "\n").encode()
