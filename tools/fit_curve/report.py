"""Puts a fit into the answer, and keeps the answer short. Runs in the worker."""

import numpy as np

from jax_workbench.tools.contract import Note
from jax_workbench.tools.fit_curve import (
    Compared,
    Correlation,
    Estimate,
    FitCurveAnswer,
    FitCurveResult,
    Prediction,
    Reason,
    Residuals,
    Search,
    SolverFacts,
)
from jax_workbench.tools.fit_curve.answer_size import (
    MOST_MESSAGE,
    MOST_NOTE,
    cut,
    cut_to_size,
    told,
)
from jax_workbench.tools.fit_curve.bands import Bands
from jax_workbench.tools.fit_curve.conclusion import next_calls, remarks, summary
from jax_workbench.tools.fit_curve.fit import Fit, Refused
from jax_workbench.tools.fit_curve.inference import p_values
from jax_workbench.tools.fit_curve.residual_tests import MOST_NAMED
from jax_workbench.tools.fit_curve.units import unit_in, unit_of

MOST_ECHOED = 600
MOST_CODE = 2000
NOTABLE = 0.9
MOST_CORRELATIONS = 8
MOST_EQUIVALENCES = 6


def answer_of(  # noqa: PLR0913, PLR0917 - the parts of the answer
    fit: Fit,
    reasons: tuple[Reason, ...],
    predicted: Bands | None,
    comparison: tuple[Compared, ...],
    code: str,
    compile_s: float,
    solve_s: float,
    notes: list[Note],
) -> FitCurveAnswer:
    """The whole answer; parts that are also in artifacts are cut until it is short enough."""
    shown, left_out = told(reasons)
    result = FitCurveResult(
        reasons=shown,
        model=shortened(fit.model.text),
        expression=shortened(fit.model.expression),
        parameters=estimates(fit),
        correlations=correlations(fit),
        fit=fit.goodness,
        residuals=residuals(fit),
        search=search(fit),
        prediction=predictions(predicted),
        comparison=comparison,
        solver=SolverFacts(
            engine=fit.solution.engine,
            iterations=fit.solution.iterations,
            condition=finite(fit.spread.condition),
            compile_s=round(compile_s, 4),
            solve_s=round(solve_s, 4),
            digits_estimate=round(fit.solution.digits, 2),
        ),
        code=code if len(code) <= MOST_CODE else code_elsewhere(fit),
    )
    notes = [*left_out, *notes, *remarks(fit)]
    status = "warn" if reasons else "ok"
    result, is_cut = cut_to_size(result)
    if is_cut:
        text = "Some entries are only in the artifacts parameters.csv, curve.csv, reproduce.py."
        notes.append(Note(code="shortened", severity="info", text=text))
    return FitCurveAnswer(
        status=status,
        summary=summary(fit, reasons),
        result=result,
        notes=tuple(note.model_copy(update={"text": cut(note.text, MOST_NOTE)}) for note in notes),
        next=next_calls(reasons),
    )


def refusal(refused: Refused, model: str) -> FitCurveAnswer:
    """An answer without numbers."""
    reason = Reason(code=refused.code, message=refused.message, fix=refused.fix)  # pyright: ignore[reportArgumentType] - checked by pydantic
    return FitCurveAnswer(
        status="refused",
        summary=f"No fit: {refused.message} {refused.fix}",
        result=FitCurveResult(reasons=(reason,), model=shortened(model)),
    )


def finite(value: float | None) -> float | None:
    """None for what JSON cannot carry."""
    return float(value) if value is not None and np.isfinite(value) else None


def shortened(text: str) -> str:
    """A long model is in reproduce.py."""
    return text if len(text) <= MOST_ECHOED else text[: MOST_ECHOED - 4] + " ..."


def code_elsewhere(fit: Fit) -> str:
    """What stands in place of a long script."""
    return f"# {len(fit.theta)} parameters, see the artifact reproduce.py of this run\n"


def estimates(fit: Fit) -> tuple[Estimate, ...]:
    """Free parameters first to last, then tied and fixed ones without errors."""
    p = p_values(fit.theta, fit.spread, is_absolute=fit.is_absolute)
    units = (unit_in(fit.ask.x_label), unit_in(fit.ask.y_label))
    found = [
        Estimate(
            name=name,
            value=float(fit.theta[j]),
            se=finite(fit.spread.se[j]),
            ci_low=interval.low,
            ci_high=interval.high,
            ci_method="profile" if interval.method == "profile" else "t",
            p_zero=finite(p[j]),
            at_bound=not fit.moving[j],
            identifiable=bool(np.isfinite(fit.spread.se[j]) or fit.spread.dof == 0)
            and not fit.spread.unused[j],
            unit=unit_of(
                fit.solution.dimensions,
                j,
                is_linear=j in fit.solution.linear,
                x_unit=units[0],
                y_unit=units[1],
            ),
        )
        for j, (name, interval) in enumerate(zip(fit.curve.names, fit.intervals, strict=True))
    ]
    return (*found, *followers(fit))


def followers(fit: Fit) -> list[Estimate]:
    """Parameters that were not fitted."""
    slots = [slot for slot in fit.curve.slots if not slot.free]
    if not slots:
        return []
    if fit.curve.n_sets > 1:
        slots = [slot for slot in slots if slot.value is not None]
    values = {slot.name: slot.value for slot in slots}
    if any(slot.tie for slot in slots):
        values = fit.curve.arguments(fit.theta)
    return [
        Estimate(
            name=slot.name,
            value=float(values[slot.name] or 0.0),
            se=None,
            ci_low=None,
            ci_high=None,
            ci_method="t",
            p_zero=None,
            at_bound=False,
            identifiable=True,
            unit=None,
        )
        for slot in slots
    ]


def correlations(fit: Fit) -> tuple[Correlation, ...]:
    """The strongest above 0.9; all of them follow from parameters.csv."""
    r, names = fit.spread.correlation, fit.curve.names
    pairs = [
        Correlation(a=names[k], b=names[j], r=float(np.clip(r[j, k], -1, 1)))
        for j in range(len(names))
        for k in range(j)
        if abs(r[j, k]) > NOTABLE
    ]
    return tuple(sorted(pairs, key=lambda pair: -abs(pair.r))[:MOST_CORRELATIONS])


def residuals(fit: Fit) -> Residuals:
    """The tests, and the outliers by row of the data."""
    tests = fit.tests
    rows = sorted(int(fit.observations.row[i]) for i in tests.outliers[:MOST_NAMED])
    return Residuals(
        runs_p=finite(tests.runs_p),
        durbin_watson=finite(tests.durbin_watson),
        normality_p=finite(tests.normality_p),
        n_outliers=len(tests.outliers),
        outlier_rows=tuple(rows),
    )


def search(fit: Fit) -> Search:
    """How the optimum was found."""
    solution = fit.solution
    return Search(
        starts=solution.starts,
        agreed=solution.agreed,
        next_best_rss_ratio=finite(solution.next_best_ratio),
        equivalences=tuple(
            cut(text, MOST_MESSAGE) for text in solution.form.equivalences[:MOST_EQUIVALENCES]
        ),
    )


def predictions(bands: Bands | None) -> tuple[Prediction, ...]:
    """The curve with its bands."""
    if bands is None:
        return ()
    return tuple(
        Prediction(
            x=float(x),
            y=float(y),
            confidence_low=finite(y - confidence),
            confidence_high=finite(y + confidence),
            prediction_low=finite(y - prediction),
            prediction_high=finite(y + prediction),
        )
        for x, y, confidence, prediction in zip(
            bands.x, bands.y, bands.confidence, bands.prediction, strict=True
        )
        if np.isfinite(y)
    )
