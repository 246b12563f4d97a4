"""Takes up a training where a checkpoint left it. Runs in the worker."""

from collections.abc import Mapping

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.train_tiny_model import TrainTinyModelAsk
from jax_workbench.tools.train_tiny_model.checkpoint import restore
from jax_workbench.tools.train_tiny_model.chunk import Carry
from jax_workbench.tools.train_tiny_model.loop import Trained
from jax_workbench.tools.train_tiny_model.session import Session


def resumed(
    ask: TrainTinyModelAsk, blobs: Mapping[str, bytes], session: Session, fresh: Carry
) -> Trained:
    """The state of the checkpoint that `ask.resume` names.

    Raises:
        ToolError: `bad_argument` where there is none, or its model, data or seed differ.
    """
    name = ask.resume.rpartition("/")[2]
    if name not in blobs:
        raise bad(
            f"there is no file {name!r} among the files of this call.",
            "Give the checkpoint's workbench:// URI.",
        )
    trained, meta = restore(blobs[name], fresh)
    own = session.problem.split.sha256
    if meta.get("split_sha256") != own:
        raise bad(
            "the checkpoint was trained on other rows, or on another split of them.",
            "Use the same dataset, code, val_fraction and split_seed.",
        )
    if meta.get("seed") != ask.seed or meta.get("batch_size") != session.recipe.batch_size:
        raise bad(
            f"it was trained with seed {meta.get('seed')} and batch_size {meta.get('batch_size')}, "
            f"this call has {ask.seed} and {session.recipe.batch_size}.",
            "Use the same ones: the order of the batches follows from them.",
        )
    if trained.step >= session.recipe.steps:
        raise bad(
            f"it stands at step {trained.step}, and steps is {session.recipe.steps}.",
            "Raise steps: it counts from the very start.",
        )
    trained.seed = ask.seed
    return trained


def bad(cause: str, next_step: str) -> ToolError:
    """Say that this checkpoint cannot be taken up."""
    return ToolError("bad_argument", f"resume: {cause}", next_step)
