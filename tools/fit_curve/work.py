"""Fits the models of one call and answers. Runs in the worker."""

from dataclasses import astuple

import jax
import numpy as np

from jax_workbench.tools.contract import Job, Note
from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.fit_curve import FitCurveAnswer, FitCurveAsk, Reason
from jax_workbench.tools.fit_curve.artifact_files import save_files
from jax_workbench.tools.fit_curve.bands import Bands, bands_at, grid, sigma_along
from jax_workbench.tools.fit_curve.code_writer import reproducing_code
from jax_workbench.tools.fit_curve.comparison import compared
from jax_workbench.tools.fit_curve.compile_clock import CompileClock
from jax_workbench.tools.fit_curve.curve import Floats
from jax_workbench.tools.fit_curve.fit import Fit, Refused
from jax_workbench.tools.fit_curve.fit_model import fit_model
from jax_workbench.tools.fit_curve.observations import Observations, read_observations
from jax_workbench.tools.fit_curve.plot import draw
from jax_workbench.tools.fit_curve.reasons import reasons_of
from jax_workbench.tools.fit_curve.report import answer_of, refusal

N_PREDICTED = 12
N_DRAWN = 200
MOST_DRAWN = 4000
FEWEST_DRAWN = 20
"""Points of each curve in the picture and in curve.csv; fewer where there are many curves."""


def run(ask: FitCurveAsk, job: Job) -> FitCurveAnswer:
    """Fit `ask.model`, and the models of `ask.compare`, to the data of the call.

    Raises:
        ToolError: `bad_argument` or `user_code_failed`, where the call is malformed.
    """
    with jax.enable_x64(True):
        job.progress("reading the data")
        observations = read_observations(ask, job.blobs)
        try:
            with CompileClock() as clock:
                fit = fit_model(ask, ask.model, observations, job.progress)
                reasons = reasons_of(fit)
        except Refused as refused:
            return refusal(refused, ask.model)
        rivals, notes = fit_rivals(ask, observations, job)
        return written(ask, job, fit, reasons, rivals, notes, clock)


def fit_rivals(
    ask: FitCurveAsk, observations: Observations, job: Job
) -> tuple[list[tuple[str, float | None]], list[Note]]:
    """AICc of each model of `compare`; None, with a note, for one that cannot be fitted."""
    found: list[tuple[str, float | None]] = []
    notes: list[Note] = []
    for text in ask.compare:
        job.progress(f"comparing {text[:60]}")
        try:
            fit = fit_model(ask, text, observations, job.progress, is_main=False)
            found.append((text, fit.goodness.aicc))
        except Refused as refused:
            found.append((text, None))
            said = f"{text[:100]}: {refused.message}"
            notes.append(Note(code="not_compared", severity="warning", text=said))
        except ToolError as error:
            raise ToolError(error.code, f"compare: {error.cause}", error.next_step) from None
    return found, notes


def written(  # noqa: PLR0913, PLR0917 - what an answer is made of
    ask: FitCurveAsk,
    job: Job,
    fit: Fit,
    reasons: tuple[Reason, ...],
    rivals: list[tuple[str, float | None]],
    notes: list[Note],
    clock: CompileClock,
) -> FitCurveAnswer:
    """Artifacts, then the answer."""
    job.progress("drawing")
    code = reproducing_code(fit)
    bands = bands_of_sets(fit)
    title = ask.model if len(ask.model) <= 80 and "\n" not in ask.model else "fit"  # noqa: PLR2004
    job.save("fit.png", draw(fit, bands, title), "image/png")
    save_files(job, fit, bands, code)
    comparison = ()
    if rivals:
        texts, values = zip(*rivals, strict=True)
        comparison = compared([ask.model, *texts], [fit.goodness.aicc, *values])
    return answer_of(
        fit,
        reasons,
        predicted(fit),
        comparison,
        code,
        clock.compile_s,
        max(clock.wall_s - clock.compile_s, 0.0),
        notes,
    )


def bands_of_sets(fit: Fit) -> list[Bands]:
    """The curve over the range of x, one for each data set; none for several predictors."""
    seen = fit.observations
    if len(seen.predictors) > 1:
        return []
    n_sets = fit.curve.n_sets
    count = max(min(N_DRAWN, MOST_DRAWN // n_sets), FEWEST_DRAWN)
    at = np.concatenate([grid(own_x(seen, number), count) for number in range(n_sets)])
    whole = bands_over(fit, at, np.repeat(np.arange(float(n_sets)), count))
    columns = [np.split(column, n_sets) for column in astuple(whole)]
    return [Bands(*column) for column in zip(*columns, strict=True)]


def own_x(seen: Observations, number: int) -> Floats:
    """Predictor of one data set."""
    return seen.x[0] if seen.sets is None else seen.x[0][seen.sets == number]


def bands_over(fit: Fit, at: Floats, sets: Floats) -> Bands:
    """Bands at some x, each of the data set of that number."""
    seen = fit.observations
    x = at[None] if seen.sets is None else np.vstack([at, sets])
    ones = np.ones(at.size)
    sigma = ones if seen.sigma is None else sigma_along(seen.x[0], seen.sigma, at)
    with np.errstate(all="ignore"):
        return bands_at(fit.objective, fit.theta, fit.spread, x, sigma)


def predicted(fit: Fit) -> Bands | None:
    """The rows of `prediction`: where the call asks, else over the range; first set of several."""
    seen, at = fit.observations, fit.ask.predict_at
    if len(seen.predictors) > 1:
        return None
    x = np.array(at, float) if at else grid(own_x(seen, 0), N_PREDICTED)
    return bands_over(fit, x, np.zeros(x.size))
