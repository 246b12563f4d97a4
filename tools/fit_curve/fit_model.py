"""Fits one model of the call: which checks, which solver, in which order. Runs in the worker."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import numpy as np

from jax_workbench.tools.fit_curve import FitCurveAsk
from jax_workbench.tools.fit_curve.curve import Curve
from jax_workbench.tools.fit_curve.errors_in_x import fit_with_errors_in_x
from jax_workbench.tools.fit_curve.fit import Fit, Refused, described
from jax_workbench.tools.fit_curve.levenberg_marquardt import MANY, descend, polish
from jax_workbench.tools.fit_curve.model import read_model
from jax_workbench.tools.fit_curve.nlsq_engine import nlsq_descend
from jax_workbench.tools.fit_curve.objective import Objective, Rows
from jax_workbench.tools.fit_curve.observations import Observations
from jax_workbench.tools.fit_curve.parameters import Grouping, make_curve, starts_of
from jax_workbench.tools.fit_curve.python_source import ModelRaised
from jax_workbench.tools.fit_curve.robust_fit import fit_robustly
from jax_workbench.tools.fit_curve.several_sets import SingleFits, start_from_single_fits
from jax_workbench.tools.fit_curve.solve import N_SEARCHES, Solution, Solver

TIME_SHARE = 0.6
"""Of the call's limit, after which no further search is begun."""


def fit_model(
    ask: FitCurveAsk,
    text: str,
    observations: Observations,
    say: Callable[[str], None],
    *,
    is_main: bool = True,
) -> Fit:
    """Fit the model `text`.

    `is_main` says that `params` are meant for this model; those of `compare` take what fits.

    Raises:
        Refused: With the reason's code.
        ToolError: The call is malformed.
    """
    model = read_model(text, observations.predictors)
    params = {
        name: given for name, given in ask.params.items() if is_main or name in model.parameters
    }
    shared = tuple(n for n in ask.shared if is_main or n in model.parameters)
    grouping = Grouping(observations.set_names, shared)
    curve = make_curve(
        model.function, model.parameters, len(observations.predictors), params, grouping
    )
    check_enough(curve, observations)
    rows = rows_of(observations)
    try:
        check_traces(curve, rows)
        solution, objective, threshold = solved(ask, curve, rows, observations, say)
    except ModelRaised as raised:
        raise Refused(raised.code, raised.message, raised.fix) from None
    if not np.isfinite(solution.cost):
        raise Refused(*not_finite(curve, rows))
    say("statistics")
    return described(ask, model, curve, observations, objective, solution, threshold, say)


def check_enough(curve: Curve, observations: Observations) -> None:
    """Refuse what no solver can mend."""
    if observations.bad_sigma:
        rows = ", ".join(map(str, observations.bad_sigma[:10]))
        raise Refused(
            "bad_sigma",
            f"sigma is not positive and finite in {len(observations.bad_sigma)} rows ({rows}).",
            "Give positive standard deviations, or leave these rows out.",
        )
    n, p = observations.n, len(curve.free)
    if n < p:
        raise Refused(
            "too_few_points",
            f"{n} complete rows cannot determine {p} parameters ({', '.join(curve.names[:12])}).",
            f"Give at least {p + 1} rows, or fix {p - n} of the parameters.",
        )


def rows_of(observations: Observations) -> Rows:
    """What the objective reads."""
    x = observations.x
    if observations.sets is not None:
        x = np.vstack([x, observations.sets])
    sigma = observations.sigma
    weight = np.ones(observations.n) if sigma is None else 1 / sigma
    return Rows(x, observations.y, weight)


def check_traces(curve: Curve, rows: Rows) -> None:
    """Trace the model once, so that what it raises is met before anything else."""
    jax.eval_shape(
        curve,
        jax.ShapeDtypeStruct(rows.x.shape, np.float64),
        jax.ShapeDtypeStruct((len(curve.free),), np.float64),
    )


def solved(
    ask: FitCurveAsk,
    curve: Curve,
    rows: Rows,
    observations: Observations,
    say: Callable[[str], None],
) -> tuple[Solution, Objective, float]:
    """The optimum under the call's loss and errors; last the threshold of a robust loss."""
    until = time.monotonic() + TIME_SHARE * ask.timeout_s

    def has_time() -> bool:
        return time.monotonic() < until

    solver = Solver(curve, rows, ask.seed, say, has_time)
    starts = starts_of(curve)
    if curve.n_sets > 1 and ask.search:
        fits = SingleFits(solver, ask.seed, has_time)
        single = start_from_single_fits(fits, curve, say)
        solution = solver.solve(single.theta, searching=False)
        form = solution.form if solver.maps_equivalents else single.form(solution.theta)
        engine = "single fits, then Levenberg-Marquardt on all sets"
        solution = replace(solution, form=form, engine=engine)
    else:
        solution = solver.solve(starts, searching=ask.search)
    if not np.isfinite(solution.cost):
        return solution, solver.objective, 0.0
    solution = checked_by_nlsq(curve, rows, solver.objective, solution)
    objective = solver.objective
    if observations.x_sigma is not None:
        objective, theta, cost, digits, converged = fit_with_errors_in_x(
            curve, rows, observations.x_sigma, solution
        )
        solution = replace(
            solution,
            theta=theta,
            cost=cost,
            digits=digits,
            converged=converged,
            engine="orthogonal distances, Levenberg-Marquardt",
        )
    if ask.loss == "linear":
        return solution, objective, 0.0
    robust = fit_robustly(objective, solution, ask.loss, sd_is_known=ask.sigma_kind == "absolute")
    return robust.solution, robust.objective, robust.objective.loss.threshold


def checked_by_nlsq(curve: Curve, rows: Rows, objective: Objective, solution: Solution) -> Solution:
    """A second opinion where a bound is active or the searches did not all agree."""
    at_bound = bool(((solution.theta <= curve.low) | (solution.theta >= curve.high)).any())
    in_doubt = 0 < solution.agreed < solution.n_searches == N_SEARCHES
    if (not at_bound and not in_doubt) or len(solution.theta) > MANY:
        return solution
    found = nlsq_descend(curve, rows, solution.theta)
    if found is None:
        return solution
    engine = solution.engine + ", NLSQ"
    with np.errstate(all="ignore"):
        end = descend(objective, found)
        if not end.cost < solution.cost * (1 - 1e-9):
            return replace(solution, engine=engine)
        theta, step = polish(objective, end.theta)
    return replace(
        solution,
        theta=theta,
        cost=objective.local(theta).cost,
        agreed=1,
        digits=float(np.clip(-np.log10(max(step, 1e-300)), 0, 16)),
        engine=engine,
    )


def not_finite(curve: Curve, rows: Rows) -> tuple[str, str, str]:
    """Why no parameters gave finite values: the rows where the model never is finite."""
    rng = np.random.default_rng(0)
    values: Any = jax.jit(jax.vmap(curve, in_axes=(None, 0)))
    found = np.asarray(values(rows.x, rng.uniform(0.3, 1.7, (24, len(curve.free)))), float)
    seen = np.isfinite(found).any(0)
    never = np.flatnonzero(~seen)
    where = (
        f"in rows {', '.join(map(str, never[:10]))} (x = {rows.x[0][never[0]]:.6g})"
        if never.size
        else "in all rows at once"
    )
    return (
        "model_raised",
        f"The model gave no finite values {where} for any parameters that were tried.",
        "Leave these rows out, or write the model so that it is defined there.",
    )
