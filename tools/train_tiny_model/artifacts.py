"""Files of a run: checkpoint, weights, pictures, script. Runs in the worker."""

from dataclasses import dataclass
from typing import Any

from jax_workbench.tools.contract import Job, Note
from jax_workbench.tools.train_tiny_model import TrainTinyModelAsk
from jax_workbench.tools.train_tiny_model import checkpoint as checkpoints
from jax_workbench.tools.train_tiny_model.answer import note
from jax_workbench.tools.train_tiny_model.confusion import Confusion, confusion_of
from jax_workbench.tools.train_tiny_model.plot import curve_picture
from jax_workbench.tools.train_tiny_model.presets.transformer import completions
from jax_workbench.tools.train_tiny_model.script import reproduce
from jax_workbench.tools.train_tiny_model.session import Outcome, Session
from jax_workbench.tools.train_tiny_model.trace import Floats
from jax_workbench.tools.train_tiny_model.weights import safetensors_of, weights_of

MAX_CHECKPOINT_MIB = 100
CHECKPOINT_TYPE = "application/zip"


@dataclass(frozen=True)
class Files:
    """What was saved, and what can be shown of it."""

    notes: list[Note]
    samples: tuple[Any, ...]
    confusion: Confusion | None = None


def save_artifacts(  # noqa: PLR0913 - each is one fact of the run
    job: Job,
    ask: TrainTinyModelAsk,
    session: Session,
    outcome: Outcome,
    *,
    rates: Floats,
    expected: float | None,
) -> Files:
    """Save everything that a later call or a reader may want."""
    trained, notes = outcome.trained, list[Note]()
    job.progress("saving")
    job.save("reproduce.py", reproduce(ask, session.recipe.batch_parts).encode(), "text/x-python")
    title = f"{ask.model} on {session.problem.source.name}: {outcome.verdict.replace('_', ' ')}"
    picture = curve_picture(trained, rates, outcome.findings, title=title, expected=expected)
    job.save("curve.png", picture, "image/png")
    if outcome.ending is not None:
        for name, content in outcome.ending.pictures.items():
            job.save(name, content, "image/png")
    seen = confusion_of(session.problem, session.model(trained))
    shown = seen.mistakes(ask.samples) if seen else samples_of(session, outcome, ask.samples)
    params, _ = session.weights(trained)
    weights = weights_of(params)
    mib = sum(array.nbytes for array in weights.values()) / 2**20
    if mib > MAX_CHECKPOINT_MIB:
        notes.append(note("weights_not_saved", f"{mib:.0f} MiB of weights are too many to keep."))
        return Files(notes, shown, seen)
    facts = {"model": ask.model, "step": str(trained.best.step if trained.best else trained.step)}
    job.save("weights.safetensors", safetensors_of(weights, facts), "application/octet-stream")
    if trained.stopped != "nonfinite":
        content = checkpoints.save(trained, facts_of(ask, session))
        job.save(checkpoints.NAME, content, CHECKPOINT_TYPE)
    return Files(notes, shown, seen)


def facts_of(ask: TrainTinyModelAsk, session: Session) -> dict[str, Any]:
    """What a later call must share with this one to go on from its checkpoint."""
    return {
        "model": ask.model,
        "seed": ask.seed,
        "batch_size": session.recipe.batch_size,
        "total_steps": session.recipe.steps,
        "split_sha256": session.problem.split.sha256,
    }


def samples_of(session: Session, outcome: Outcome, n: int) -> tuple[Any, ...]:
    """What the model says: continued text or drawn points."""
    if outcome.ending is not None:
        return outcome.ending.samples
    if not n:
        return ()
    problem = session.problem
    if problem.name == "transformer_lm":
        return completions(session.model(outcome.trained), problem.source, problem.split, n)
    return ()
