"""Why a fit is not plainly good, each reason with its code and its remedy. Runs in the worker."""

from collections.abc import Iterator

import numpy as np

from jax_workbench.tools.fit_curve import Reason
from jax_workbench.tools.fit_curve.fit import Fit
from jax_workbench.tools.fit_curve.identifiability import determined
from jax_workbench.tools.fit_curve.nested_models import superfluous
from jax_workbench.tools.fit_curve.residual_tests import MOST_NAMED

STRUCTURE_P = 1e-3
CHI2_P = 1e-4
POOR_R2 = 0.5
CONDITION = 1e6
CORRELATED = 0.999
OFFSET = 1e-3
"""Relative offset of Bates and Watts above which an end is no optimum."""
RIVAL = 1.0
"""Difference of n log RSS below which another optimum fits as well."""


def reasons_of(fit: Fit) -> tuple[Reason, ...]:
    """All reasons to doubt `fit`; empty for one that is plainly good."""
    return (
        *about_data(fit),
        *about_identifiability(fit),
        *about_bounds(fit),
        *about_residuals(fit),
        *about_terms(fit),
        *about_search(fit),
    )


def about_data(fit: Fit) -> Iterator[Reason]:
    """Rows that are missing, and columns that do not vary."""
    seen = fit.observations
    if seen.dropped:
        yield Reason(
            code="nonfinite_data",
            message=f"{len(seen.dropped)} rows hold missing or non-finite values and were left "
            f"out: {some_rows(seen.dropped)}.",
            fix="Check these rows (counted from 0); nothing is to do if they are missing.",
        )
    for name, column in zip(seen.predictors, seen.x, strict=True):
        if column.size > 1 and np.ptp(column) == 0:
            yield Reason(
                code="constant_x",
                message=f"{name} is {column[0]:.6g} in every row, so how y depends on it cannot be "
                "seen.",
                fix=f"Give data over a range of {name}.",
            )
    if seen.n > 1 and np.ptp(seen.y) == 0:
        yield Reason(
            code="constant_data",
            message=f"y is {seen.y[0]:.6g} in every row; any model that can be constant fits.",
            fix="Check that the right column was given.",
        )
    if fit.spread.dof == 0:
        yield Reason(
            code="zero_dof",
            message=f"{seen.n} rows and as many parameters: the curve passes through every point, "
            "so nothing is known about errors.",
            fix="Give more rows, or fix a parameter.",
        )


def about_identifiability(fit: Fit) -> Iterator[Reason]:
    """Parameters that the data do not determine."""
    names, spread = fit.curve.names, fit.spread
    for j in np.flatnonzero(spread.unused):
        yield Reason(
            code="unused_parameter",
            message=f"No value of the model depends on {names[j]} at these data.",
            parameter=names[j],
            fix=f"Leave {names[j]} out of the model, or fix it.",
        )
    told: set[str] = set()
    for direction in spread.null:
        inside, combination = determined(direction, fit.theta, names, fit.solution.linear)
        if len(inside) == 1 and spread.unused[inside[0]]:
            continue
        words = ", ".join(names[j] for j in inside)
        if words in told:
            continue
        told.add(words)
        known = f"; known is only {combination}" if combination else ""
        yield Reason(
            code="unidentifiable",
            message=f"The data do not determine {words} separately{known}. Their se is null.",
            parameter=names[inside[0]],
            fix=f"Fix {names[inside[-1]]}"
            + (
                f", or write {combination} as one parameter."
                if combination and "some" not in combination
                else ", or simplify the model."
            ),
        )
    if not spread.null.size and spread.condition > CONDITION:
        pairs = strongest(fit)
        yield Reason(
            code="ill_conditioned",
            message=f"The scaled Jacobian has condition {spread.condition:.1e}: small changes of "
            "the data move the parameters a lot.",
            fix="Use fewer terms, fix a parameter, or give data that tell the terms apart.",
        )
        if pairs:
            yield Reason(
                code="correlated",
                message="Estimates move together: " + ", ".join(pairs) + ".",
                fix="Fix one of each pair, or tie them.",
            )


def strongest(fit: Fit) -> list[str]:
    """The most correlated pairs, in words."""
    r, names = fit.spread.correlation, fit.curve.names
    pairs = [
        (abs(r[j, k]), f"{names[j]} and {names[k]} (r = {r[j, k]:.5f})")
        for j in range(len(names))
        for k in range(j)
        if abs(r[j, k]) > CORRELATED
    ]
    return [text for _, text in sorted(pairs, reverse=True)[:3]]


def about_bounds(fit: Fit) -> Iterator[Reason]:
    """Parameters that a bound holds."""
    for j in np.flatnonzero(~fit.moving):
        free = fit.curve.free[j]
        side = "min" if fit.theta[j] <= free.low else "max"
        yield Reason(
            code="at_bound",
            message=f"{free.name} is held at its {side} {fit.theta[j]:.6g}; without the bound the "
            "fit would be better. The other errors hold for this value.",
            parameter=free.name,
            fix=f"Widen the bound of {free.name}, or fix it there on purpose.",
        )


def about_residuals(fit: Fit) -> Iterator[Reason]:
    """What the residuals and their size say."""
    tests, good, seen = fit.tests, fit.goodness, fit.observations
    if not np.ptp(seen.x, axis=1).any():
        return
    if tests.outliers and not fit.threshold:
        rows = tuple(int(seen.row[i]) for i in tests.outliers)
        yield Reason(
            code="outliers",
            message=f"{len(rows)} {'row lies' if len(rows) == 1 else 'rows lie'} more than 5 "
            f"robust standard deviations off: {some_rows(rows)}.",
            fix="Call again with loss='huber', or leave these rows out if they are wrong.",
        )
    p = min(tests.runs_p or 1.0, tests.durbin_watson_p or 1.0)
    if p < STRUCTURE_P and not (tests.outliers and fit.threshold):
        yield Reason(
            code="residual_structure",
            message=f"The residuals follow each other along x (p = {p:.1e}): the model misses "
            "something.",
            fix="Look at the residual panel; add a term, or try other models in compare.",
        )
    if good.r2 is not None and good.r2 < POOR_R2 and not fit.threshold:
        yield Reason(
            code="poor_fit",
            message=f"The model explains {max(good.r2, 0):.0%} of the variation of y.",
            fix="Try another model, or check that x and y belong together.",
        )
    if good.p_chi2 is not None and good.p_chi2 < CHI2_P and (good.chi2_reduced or 0) > 1:
        yield Reason(
            code="sigma_underestimated",
            message=f"chi2_reduced is {good.chi2_reduced:.3g}: the scatter is "
            f"{np.sqrt(good.chi2_reduced or 0):.2g} times what sigma says, or the model is wrong.",
            fix="Check sigma; with sigma_kind='relative' the errors follow the scatter.",
        )
    elif good.p_chi2 is not None and good.p_chi2 > 1 - CHI2_P:
        yield Reason(
            code="scale_mismatch",
            message=f"chi2_reduced is {good.chi2_reduced:.3g}: the scatter is far smaller than "
            "sigma says.",
            fix="Check sigma; with sigma_kind='relative' the errors follow the scatter.",
        )


def about_terms(fit: Fit) -> Iterator[Reason]:
    """Terms without which the fit is better."""
    names = superfluous(fit)
    if names:
        yield Reason(
            code="insignificant_parameters",
            message=f"The data do not need {', '.join(names)}: without "
            f"{'it' if len(names) == 1 else 'them'} the fit is as good (AICc).",
            parameter=names[0],
            fix=f"Drop the {'term' if len(names) == 1 else 'terms'} with {', '.join(names)}.",
        )


def about_search(fit: Fit) -> Iterator[Reason]:
    """Whether the optimum is one, and the only one."""
    solution, n = fit.solution, fit.observations.n
    if not fit.spread.null.size and relative_offset(fit) > OFFSET:
        yield Reason(
            code="not_converged",
            message="The descent ended before an optimum: the sum of squares still falls, perhaps "
            "towards infinite parameters.",
            fix="Bound the parameters, or use a model that can reach its limits.",
        )
    ratio = solution.next_best_ratio
    is_close = ratio is not None and n * np.log(ratio) < RIVAL and solution.cost > 0
    if (spike := solution.passed_over) is not None:
        yield Reason(
            code="multiple_optima",
            message=f"A lower optimum ({spike.cost_ratio:.3g} of this RSS) was passed over: it "
            f"goes through row {spike.row} alone and leaves parameters undetermined.",
            fix=f"Check row {spike.row}; call again with loss='huber' if it is an outlier.",
        )
    elif solution.n_searches > 1 and solution.agreed <= 1:
        yield Reason(
            code="multiple_optima",
            message=f"Only {solution.agreed} of {solution.n_searches} independent searches reached "
            "this optimum; a better one may exist.",
            fix="Call again with another seed, give starts, or bound the parameters.",
        )
    elif is_close and rivals_apart(fit):
        yield Reason(
            code="multiple_optima",
            message=f"Another parameter set fits nearly as well (RSS ratio {ratio:.6f}).",
            fix="Bound the parameters to the region that makes sense.",
        )
    for text in solution.form.ambiguous:
        yield Reason(
            code="equivalent_solutions",
            message=f"The same curve results with {text} and another amplitude.",
            fix="Bound these parameters, for instance by which of them is larger.",
        )


def relative_offset(fit: Fit) -> float:
    """How far the residual is from orthogonal to the tangent plane, 0 at an optimum.

    Source:
        Bates and Watts, A relative offset orthogonality convergence criterion for nonlinear least
        squares (1981).
    """
    objective = fit.objective
    local = objective.local(fit.theta)
    n, p = objective.n, objective.p
    if n <= p or local.cost <= 1e-20 * objective.scale**2:
        return 0.0
    a = local.r[:, fit.moving]
    norms = np.linalg.norm(a, axis=0)
    left = np.linalg.lstsq(a / np.where(norms == 0, 1, norms), local.qtr, rcond=1e-10)[0]
    part = a / np.where(norms == 0, 1, norms) @ left
    return float(np.sqrt(part @ part / p) / np.sqrt(local.cost / (n - p)))


def rivals_apart(fit: Fit) -> bool:
    """Whether the next best optimum is another answer rather than a point on the same valley."""
    if not fit.solution.rivals:
        return False
    with np.errstate(invalid="ignore", divide="ignore"):
        away = np.abs(fit.solution.rivals[0] - fit.theta) / fit.spread.se
    return bool(np.nanmax(np.where(np.isfinite(away), away, 0)) > 5)  # noqa: PLR2004


def some_rows(rows: tuple[int, ...]) -> str:
    """The first few, sorted."""
    shown = ", ".join(str(row) for row in sorted(rows[:MOST_NAMED]))
    return shown + (", ..." if len(rows) > MOST_NAMED else "")
