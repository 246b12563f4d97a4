"""Answers of the other modes: check, lr_find, compare. Runs in the worker."""

from collections.abc import Callable, Sequence
from typing import Any

from jax_workbench.tools.contract import Job, Note
from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.train_tiny_model import (
    CurvePoint,
    Parameters,
    Score,
    TrainTinyModelAnswer,
    TrainTinyModelAsk,
    TrainTinyModelResult,
)
from jax_workbench.tools.train_tiny_model import answer as said
from jax_workbench.tools.train_tiny_model.comparison import (
    Prepare,
    Ran,
    arguments_of,
    best_of,
    difference,
    row_of,
    run_all,
)
from jax_workbench.tools.train_tiny_model.first_checks import Looked
from jax_workbench.tools.train_tiny_model.next_calls import again, next_calls
from jax_workbench.tools.train_tiny_model.one_batch import try_one_batch
from jax_workbench.tools.train_tiny_model.rate_sweep import Sweep, picture_of, sweep
from jax_workbench.tools.train_tiny_model.session import Session
from jax_workbench.tools.train_tiny_model.trace import spread_of
from jax_workbench.tools.train_tiny_model.weights import by_layer, n_floats

N_SWEEP_POINTS = 50


def parameters_of(session: Session) -> Parameters:
    """Numbers of weights."""
    first = session.program.first
    return Parameters(
        trainable=n_floats(first.params),
        total=n_floats(first.params) + n_floats(first.rest),
        by_layer=said.largest_layers(by_layer(first.params)),
    )


def check_answer(
    ask: TrainTinyModelAsk,
    session: Session,
    looked: Looked,
    left_s: Callable[[], float],
    notes: Sequence[Note],
) -> TrainTinyModelAnswer:
    """All checks, and whether they are right."""
    tried = try_one_batch(session, ask.seed, left_s)
    looked.checks.extend(tried.checks)
    findings = [
        *looked.findings,
        *session.short_findings(tried.real, looked.init_loss),
    ]
    failed = [check for check in looked.checks if not check.ok]
    is_right = not failed and not findings
    if findings:
        why = f"{findings[0].code}. {findings[0].evidence}"
    else:
        why = failed[0].text if failed else " ".join(check.text for check in tried.checks)
    words = said.checks_text(looked.checks)
    trace = tried.real.trace
    program = session.program
    return TrainTinyModelAnswer(
        status="still_improving" if is_right else "failed_checks",
        summary=f"{words[:1].upper()}{words[1:]}. {why}",
        result=TrainTinyModelResult(
            metric=Score(name="none"),
            init_loss=said.finite(looked.init_loss),
            expected_init_loss=said.finite(looked.expected),
            final_loss=said.finite(float(trace.loss[-1])) if len(trace.loss) else None,
            steps=tried.real.step,
            gradients={} if program.is_own else spread_of(trace.grad_norm),
            update_ratio=spread_of(trace.update_ratio),
            parameters=parameters_of(session),
            flops_per_step=program.flops_per_step,
            compile_s=program.compile_s,
            memory_predicted_bytes=program.predicted_bytes,
            checks=tuple(looked.checks),
            findings=tuple(findings[: said.MAX_FINDINGS]),
        ),
        notes=(*said.notes_of(findings), *notes),
        next=(again(ask, "The checks are right: train it."),)
        if is_right
        else next_calls(
            "failed_checks", findings, ask, session.recipe.learning_rate, session.recipe.steps
        ),
    )


def sweep_answer(
    ask: TrainTinyModelAsk,
    job: Job,
    session: Session,
    looked: Looked,
    left_s: Callable[[], float],
) -> TrainTinyModelAnswer:
    """The learning rate to use, and the loss over the rate."""
    if session.program.is_own or session.recipe.name == "lbfgs":
        raise ToolError(
            "unsupported",
            "mode lr_find: the learning rate of an own train_step, or of lbfgs, is not the tool's.",
            "Leave out train_step, or compare a few rates with mode compare.",
        )
    job.progress("sweeping the learning rate")
    found = sweep(session.problem, session.recipe, ask.seed, left_s)
    job.save("curve.png", picture_of(found), "image/png")
    rate = found.suggested
    text = (
        f"Use learning_rate {rate:.1g}, {found.rule}"
        + (f"; the loss exploded at {found.explodes_at:.2g}." if found.explodes_at else ".")
        if rate is not None
        else "At no learning rate did the loss fall by 2 %: the cause is not the rate."
    )
    settings = {**ask.optimizer, "learning_rate": rate}
    return TrainTinyModelAnswer(
        status="lr_found" if rate is not None else "no_learning",
        summary=text,
        result=TrainTinyModelResult(
            metric=Score(name="none"),
            init_loss=said.finite(looked.init_loss),
            expected_init_loss=said.finite(looked.expected),
            steps=len(found.rates),
            curve=sweep_curve(found),
            parameters=parameters_of(session),
            compile_s=found.program.compile_s,
            checks=tuple(looked.checks),
            findings=tuple(looked.findings),
            details={
                "suggested": rate,
                "steepest": found.steepest,
                "explodes_at": found.explodes_at,
            },
        ),
        notes=tuple(said.notes_of(looked.findings)),
        next=(again(ask, "Train at this rate.", optimizer=settings),)
        if rate is not None
        else (again(ask, "See what else may be wrong.", mode="check"),),
    )


def sweep_curve(found: Sweep) -> tuple[CurvePoint, ...]:
    """At most 50 points of the sweep."""
    step = max(1, -(-len(found.rates) // N_SWEEP_POINTS))
    return tuple(
        CurvePoint(
            step=i,
            train_loss=said.finite(float(found.losses[i])),
            val_loss=None,
            learning_rate=said.finite(float(found.rates[i])),
        )
        for i in range(0, len(found.rates), step)
    )


def compare_answer(
    ask: TrainTinyModelAsk, job: Job, prepare: Prepare, left_s: Callable[[], float]
) -> TrainTinyModelAnswer:
    """Every configuration with its interval, and whether the best is beyond chance."""
    ran = run_all(ask, prepare, job, left_s)
    rows = [row_of(place, one) for place, one in enumerate(ran)]
    best = best_of(ran)
    notes: list[Note] = []
    if any(len(r.outcomes) < len(ran[0].outcomes) or not r.outcomes for r in ran):
        text = "Not every configuration was trained from every seed: time was up, or checks failed."
        notes.append(Note(code="partial", severity="warning", text=text))
    others = [] if best is None else [i for i in range(len(ran)) if i != best]
    pairs = [{"best": best, "other": i, **difference(ran[best or 0], ran[i])} for i in others]
    return TrainTinyModelAnswer(
        status="compared",
        summary=compared_text(ran, best, pairs),
        result=TrainTinyModelResult(
            metric=ran[best].outcomes[0].score if best is not None else Score(name="none"),
            steps=sum(o.trained.step for r in ran for o in r.outcomes),
            parameters=parameters_of(ran[best or 0].session),
            checks=tuple(ran[best or 0].looked.checks),
            configs=tuple(rows),
            details={"differences": pairs},
        ),
        notes=tuple(notes),
        next=(again(ask, "Train the best one.", **arguments_of(ran[best])),)
        if best is not None
        else (),
    )


def compared_text(ran: Sequence[Ran], best: int | None, pairs: Sequence[dict[str, Any]]) -> str:
    """One sentence with the numbers."""
    if best is None:
        return "No configuration could be trained; see the findings of each."
    row = row_of(best, ran[best])
    text = f"Best is configuration {best}: validation {row['metric']} {row['mean']:.4g}"
    if row["ci_low"] is not None:
        text += f" (95 % {row['ci_low']:.4g} to {row['ci_high']:.4g}, {len(row['values'])} seeds)"
    for pair in pairs:
        low, high, d = pair["ci_low"], pair["ci_high"], pair["difference"]
        if not isinstance(d, float):
            continue
        if d == low == high == 0:
            text += f"; {pair['other']} scores the same from every seed"
            continue
        word = "not told apart (too few seeds)"
        if isinstance(low, float) and isinstance(high, float):
            apart = low > 0 or high < 0
            word = f"95 % {low:.3g} to {high:.3g}, {'beyond' if apart else 'within'} chance"
        text += f"; against {pair['other']} {d:+.3g} ({word})"
    return text + "."
