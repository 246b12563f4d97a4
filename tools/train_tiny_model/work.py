"""The work of train_tiny_model: look, train, score, say what is wrong. Runs in the worker."""

import time
from dataclasses import replace
from functools import partial
from typing import Any

from jax_workbench.tools.contract import LongJob, Note
from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.train_tiny_model import (
    Finding,
    Score,
    TrainTinyModelAnswer,
    TrainTinyModelAsk,
    TrainTinyModelResult,
)
from jax_workbench.tools.train_tiny_model import answer as said
from jax_workbench.tools.train_tiny_model.artifacts import facts_of, save_artifacts
from jax_workbench.tools.train_tiny_model.batch_parts import (
    check_can_be_cut,
    check_is_mean,
    more_parts,
    note_of_parts,
    number_of_parts,
)
from jax_workbench.tools.train_tiny_model.compiled import Program
from jax_workbench.tools.train_tiny_model.drafts import Drafts
from jax_workbench.tools.train_tiny_model.first_checks import (
    Looked,
    look_at_data,
    look_at_model,
    look_at_start,
)
from jax_workbench.tools.train_tiny_model.loop import Trained
from jax_workbench.tools.train_tiny_model.memory import fitting, free_bytes, peak_rss_bytes
from jax_workbench.tools.train_tiny_model.next_calls import in_less_memory, next_calls
from jax_workbench.tools.train_tiny_model.other_modes import (
    check_answer,
    compare_answer,
    parameters_of,
    sweep_answer,
)
from jax_workbench.tools.train_tiny_model.posterior_run import posterior_answer
from jax_workbench.tools.train_tiny_model.presets.table import problem_of
from jax_workbench.tools.train_tiny_model.problem import Problem, Recipe
from jax_workbench.tools.train_tiny_model.resuming import resumed
from jax_workbench.tools.train_tiny_model.session import Outcome, Session, recipe_of
from jax_workbench.tools.train_tiny_model.slow_on_cpu import slow_on_cpu
from jax_workbench.tools.train_tiny_model.trace import spread_of
from jax_workbench.tools.train_tiny_model.utilisation import Utilisation, utilisation_of

RESERVE_S = 12.0
"""Kept for pictures and files, but at most a quarter of the call's time; scores come on top."""


def run(ask: TrainTinyModelAsk, job: LongJob, batch_parts: int = 1) -> TrainTinyModelAnswer:
    """Answer one call, with each batch taken in so many parts."""
    return Call(ask, job, batch_parts=batch_parts).answer()


class Call:
    """One call, phase by phase."""

    def __init__(
        self, ask: TrainTinyModelAsk, job: LongJob, *, spent_s: float = 0.0, batch_parts: int = 1
    ) -> None:
        """Time runs from here, less what earlier attempts have spent."""
        self.ask, self.job, self.batch_parts = ask, job, batch_parts
        self.session: Session | None = None
        self.began = time.monotonic() - spent_s
        self.reserve_s = min(RESERVE_S, ask.timeout_s / 4)
        self.notes: list[Note] = []
        self.rss_before = peak_rss_bytes()

    def left_s(self) -> float:
        """Seconds that training may still take."""
        scoring_s = self.session.scoring_s() if self.session is not None else 0.0
        end_s = min(self.ask.timeout_s - self.reserve_s - scoring_s, self.ask.time_budget_s)
        return end_s - (time.monotonic() - self.began)

    def answer(self) -> TrainTinyModelAnswer:  # noqa: PLR0911 - one mode a line
        """Do what the mode says."""
        ask = self.ask
        if ask.mode == "compare" or ask.configs:
            return self.compared()
        self.job.progress("reading the data")
        problem, notes = problem_of(ask, self.job.blobs)
        self.notes.extend(notes)
        looked = Looked()
        look_at_data(problem, looked)
        if looked.is_fatal:
            return self.failed(looked, problem.defaults)
        if problem.name == "bnn":
            self.in_parts(problem, problem.defaults)
            return posterior_answer(ask, self.job, problem, tuple(looked.checks))
        session = self.compiled(ask, problem, looked)
        if looked.is_fatal:
            return self.failed(looked, session.recipe, session)
        if ask.mode == "check":
            return check_answer(ask, session, looked, self.left_s, self.notes)
        if ask.mode == "lr_find":
            return sweep_answer(ask, self.job, session, looked, self.left_s)
        return self.trained(session, looked)

    def compiled(self, ask: TrainTinyModelAsk, problem: Problem, looked: Looked) -> Session:
        """Trace, look at what would be trained, compile."""
        recipe = self.in_parts(problem, recipe_of(problem, ask))
        self.job.progress("tracing the model")
        program = Program(problem, recipe, ask.seed)
        session = self.session = Session(problem, recipe, program)
        if recipe.batch_parts > 1:
            check_is_mean(problem, program)
        look_at_model(problem, program, looked)
        if not looked.is_fatal and program.first.params:
            look_at_start(session, looked)
        if looked.is_fatal:
            return session
        self.job.progress("compiling")
        fitted = fitting(
            lambda own: program if own == recipe else Program(problem, own, ask.seed),
            recipe,
            free_bytes(),
            partial(more_parts, problem),
        )
        looked.add("memory", fitted.text, [fitted.finding] if fitted.finding else [])
        self.notes.extend(slow_on_cpu(fitted.program))
        if fitted.program is program:
            return session
        fitting_session = Session(problem, fitted.recipe, fitted.program)
        if not fitted.finding:
            self.session = fitting_session
            self.notes.append(note_of_parts(fitting_session, fitted.text))
        return fitting_session

    def in_parts(self, problem: Problem, recipe: Recipe) -> Recipe:
        """The recipe with its batches in as many parts as this attempt takes.

        Raises:
            NotTheSame: They cannot be cut.
        """
        if self.batch_parts == 1:
            return recipe
        check_can_be_cut(problem, recipe)
        return replace(recipe, batch_parts=number_of_parts(recipe.batch_size, self.batch_parts))

    def trained(self, session: Session, looked: Looked) -> TrainTinyModelAnswer:
        """Train, score, save, answer."""
        ask = self.ask
        state = Trained(session.program.fresh(ask.seed), seed=ask.seed)
        if ask.resume:
            state = resumed(ask, self.job.blobs, session, state.carry)
        state = session.train(
            state,
            seed=ask.seed,
            left_s=self.left_s,
            say=self.job.progress,
            stops_early=ask.early_stopping,
            keep=Drafts(self.job, facts_of(ask, session)).keep,
        )
        self.job.progress("scoring")
        outcome = session.outcome(state, looked.init_loss, looked.findings, ask.samples)
        rates = self.rates(session, state)
        self.notes.extend([*said.notes_of_stop(state), *said.notes_of_ending(outcome.ending)])
        files = save_artifacts(
            self.job, ask, session, outcome, rates=rates, expected=looked.expected
        )
        self.notes.extend(files.notes)
        result = self.result(session, outcome, looked, rates)
        confusion = files.confusion.facts() if files.confusion else {}
        result = result.model_copy(
            update={"samples": files.samples, "details": {**result.details, **confusion}}
        )
        return TrainTinyModelAnswer(
            status=outcome.verdict,
            summary=said.summary_of(outcome.verdict, outcome.score, outcome.findings, state),
            result=result,
            notes=(*said.notes_of(outcome.findings), *self.notes),
            next=next_calls(
                outcome.verdict,
                outcome.findings,
                ask,
                session.recipe.learning_rate,
                session.recipe.steps,
            ),
        )

    def rates(self, session: Session, state: Trained) -> Any:
        """Learning rate of each step of this call."""
        return session.program.rates(state.trace.first_step, len(state.trace.loss))

    def result(
        self, session: Session, outcome: Outcome, looked: Looked, rates: Any
    ) -> TrainTinyModelResult:
        """Everything that was found."""
        state, program, trace = outcome.trained, session.program, outcome.trained.trace
        loss = trace.loss
        n, tail = len(loss), max(1, len(loss) // 20)
        speed = n / state.run_s if state.run_s > 0 else None
        first_seen = float(loss[0]) if n else None
        flops = program.flops_per_step
        return TrainTinyModelResult(
            metric=outcome.score,
            init_loss=said.finite(looked.init_loss if looked.init_loss is not None else first_seen),
            expected_init_loss=said.finite(looked.expected),
            final_loss=said.finite(float(loss[-tail:].mean())) if n else None,
            best_step=state.best.step if state.best else None,
            steps=state.step,
            curve=said.curve_of(state, rates),
            gradients=spread_of(trace.grad_norm) if not program.is_own else {},
            update_ratio=spread_of(trace.update_ratio),
            parameters=parameters_of(session),
            flops_per_step=said.finite(flops),
            steps_per_s=said.finite(speed),
            compile_s=program.compile_s,
            run_s=state.run_s,
            memory_predicted_bytes=program.predicted_bytes,
            memory_measured_bytes=max(0, peak_rss_bytes() - self.rss_before),
            checks=tuple(looked.checks),
            findings=tuple(outcome.findings[: said.MAX_FINDINGS]),
            details=self.details(session, outcome, speed),
        )

    def details(self, session: Session, outcome: Outcome, speed: float | None) -> dict[str, Any]:
        """What is worth knowing of this run alone."""
        recipe, problem = session.recipe, session.problem
        split = problem.split
        flops = session.program.flops_per_step
        ending: dict[str, Any] = dict(outcome.ending.facts) if outcome.ending else {}
        return {
            "optimizer": recipe.name,
            "learning_rate": recipe.learning_rate,
            "schedule": recipe.schedule,
            "batch_size": recipe.batch_size,
            "accumulate": recipe.accumulate,
            "batch_parts": recipe.batch_parts,
            "stopped": outcome.trained.stopped,
            "rows": [len(split.train), len(split.validation), len(split.test)],
            "split_sha256": split.sha256[:16],
            "gflops_per_s": round(flops * speed / 1e9, 4) if flops and speed else None,
            **self.utilisation(session, speed).facts(),
            **({"resumed_at": outcome.trained.trace.first_step} if self.ask.resume else {}),
            **ending,
        }

    def utilisation(self, session: Session, speed: float | None) -> Utilisation:
        """How much of the device's peak was reached."""
        is_half = session.recipe.precision == "bfloat16"
        kind = "bf16" if is_half else "f64" if self.ask.x64 else "f32"
        jaxpr = None if session.program.is_own else session.program.jaxpr
        return utilisation_of(jaxpr, speed, kind=kind)

    def failed(
        self, looked: Looked, recipe: Recipe, session: Session | None = None
    ) -> TrainTinyModelAnswer:
        """Answer without training: it would show nothing more."""
        findings: list[Finding] = looked.findings
        first = findings[0]
        program = session.program if session else None
        parameters = None
        if session is not None:
            parameters = parameters_of(session)
        return TrainTinyModelAnswer(
            status="failed_checks",
            summary=f"Not trained: {first.code}. {first.evidence} {first.fix}",
            result=TrainTinyModelResult(
                metric=Score(name="none"),
                init_loss=said.finite(looked.init_loss),
                expected_init_loss=said.finite(looked.expected),
                parameters=parameters,
                memory_predicted_bytes=program.predicted_bytes if program else None,
                checks=tuple(looked.checks),
                findings=tuple(findings[: said.MAX_FINDINGS]),
            ),
            notes=(*said.notes_of(findings), *self.notes),
            next=in_less_memory(findings, self.ask, recipe)
            or next_calls("failed_checks", findings, self.ask, recipe.learning_rate, recipe.steps),
        )

    def compared(self) -> TrainTinyModelAnswer:
        """Train several configurations side by side."""

        def prepare(ask: TrainTinyModelAsk) -> tuple[Session, Looked]:
            problem, notes = problem_of(ask, self.job.blobs)
            if problem.name == "bnn":
                raise ToolError(
                    "unsupported", "mode compare: bnn is not compared.", "Call it on its own."
                )
            self.notes.extend(notes)
            looked = Looked()
            look_at_data(problem, looked)
            return self.compiled(ask, problem, looked), looked

        return compare_answer(self.ask, self.job, prepare, self.left_s)
