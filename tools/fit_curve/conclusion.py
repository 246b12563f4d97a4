"""What an answer says in words: its sentence, its remarks, the calls that would help. Worker."""

import numpy as np

from jax_workbench.tools.contract import Next, Note
from jax_workbench.tools.fit_curve import Reason
from jax_workbench.tools.fit_curve.answer_size import MOST_NAME, cut
from jax_workbench.tools.fit_curve.fit import Fit


def remarks(fit: Fit) -> list[Note]:
    """What the reader must know beside the reasons."""
    notes: list[Note] = []

    def note(code: str, text: str) -> None:
        notes.append(Note(code=code, severity="info", text=text))

    if fit.model.replaced:
        note(
            "jax_numpy",
            f"{', '.join(sorted(set(fit.model.replaced)))} in the model was read as "
            "JAX's counterpart, whose functions can be differentiated.",
        )
    if fit.threshold:
        note(
            "robust_loss",
            f"{fit.ask.loss} loss with threshold {fit.threshold:.4g} on the "
            "weighted residuals; AIC, AICc and BIC are null, since it has no likelihood.",
        )
    if fit.tests.is_uneven and fit.observations.sigma is None:
        note(
            "uneven_noise",
            "The scatter is not the same everywhere; give sigma, so that the errors are right.",
        )
    if fit.solution.cost == 0 or (fit.goodness.aic is None and not fit.threshold):
        note("exact_data", "The fit is exact; AIC, AICc and BIC have no finite value.")
    if fit.ask.loss == "linear" and any(i.method == "profile" for i in fit.intervals):
        note(
            "profile_intervals",
            "Where ci_method is profile the interval is not value +- t se; a "
            "null end means that side never closes.",
        )
    if fit.ask.sigma and fit.is_absolute is False:
        note("relative_sigma", "Only ratios of sigma were used; errors follow the scatter.")
    return notes


def summary(fit: Fit, reasons: tuple[Reason, ...]) -> str:
    """One sentence with the numbers."""
    shown = [
        f"{cut(name, MOST_NAME)} = {fit.theta[j]:.6g}{uncertainty_of(fit, j)}"
        for j, name in enumerate(fit.curve.names[:8])
    ]
    if len(fit.theta) > len(shown):
        shown.append(f"and {len(fit.theta) - len(shown)} more")
    good = fit.goodness
    r2 = "" if good.r2 is None else f", R2 {good.r2:.6g}"
    doubt = f" Doubtful: {', '.join(dict.fromkeys(r.code for r in reasons))}." if reasons else ""
    return f"{', '.join(shown)}; {good.n} rows, RSS {good.rss:.6g}{r2}.{doubt}"


def uncertainty_of(fit: Fit, j: int) -> str:
    """The standard error, or the ends of an interval that it would misstate."""
    interval = fit.intervals[j]
    if interval.method == "profile":
        low, high = (
            "no limit" if end is None else f"{end:.4g}" for end in (interval.low, interval.high)
        )
        return f" (95 %: {low} to {high})"
    return f" +- {fit.spread.se[j]:.2g}" if np.isfinite(fit.spread.se[j]) else " (no error)"


def next_calls(reasons: tuple[Reason, ...]) -> tuple[Next, ...]:
    """At most two calls that would help."""
    codes = {reason.code for reason in reasons}
    calls: list[Next] = []
    if "outliers" in codes:
        calls.append(
            Next(tool="fit_curve", why="Outliers pull the fit.", arguments={"loss": "huber"})
        )
    if codes & {"unidentifiable", "ill_conditioned", "correlated"}:
        calls.append(Next(tool="run_mcmc", why="A posterior shows which combinations are known."))
    return tuple(calls)
