"""From the call to the problem: which preset, which data. Runs in the worker."""

from collections.abc import Mapping

from jax_workbench.tools.contract import Note
from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.train_tiny_model import TrainTinyModelAsk
from jax_workbench.tools.train_tiny_model.custom import custom, own_source, read_code
from jax_workbench.tools.train_tiny_model.presets.bnn import bayesian
from jax_workbench.tools.train_tiny_model.presets.diffusion import diffusion
from jax_workbench.tools.train_tiny_model.presets.pinn import equation_named, own_equation, pinn
from jax_workbench.tools.train_tiny_model.presets.supervised import supervised
from jax_workbench.tools.train_tiny_model.presets.transformer import transformer
from jax_workbench.tools.train_tiny_model.problem import Problem
from jax_workbench.tools.train_tiny_model.rows import Rows, Source, split_rows
from jax_workbench.tools.train_tiny_model.sources import read_source

PRESETS = (
    "mlp",
    "cnn",
    "transformer_lm",
    "autoencoder",
    "diffusion",
    "pinn",
    "bnn",
    "custom",
)
USUAL = {"transformer_lm": "text", "pinn": "poisson", "bnn": "sine"}
"""Data of the presets that cannot take the digits."""
DEFAULT = "digits"
MAX_ROWS = 200_000
MIN_ROWS = 10


def problem_of(ask: TrainTinyModelAsk, blobs: Mapping[str, bytes]) -> tuple[Problem, list[Note]]:
    """What is to be learnt, and what is worth saying of how it was read.

    Raises:
        ToolError: `bad_argument`, `unsupported` or `user_code_failed`.
    """
    if ask.model not in PRESETS:
        raise ToolError(
            "bad_argument", f"model: there is no {ask.model!r}.", f"Use {', '.join(PRESETS)}."
        )
    if ask.code.strip() and ask.model not in {"custom", "pinn"}:
        raise ToolError(
            "bad_argument",
            f"code: model {ask.model} takes none.",
            "Set model to custom (or pinn, with a residual), or leave code empty.",
        )
    notes: list[Note] = []
    name = ask.dataset
    if ask.model in USUAL and name == DEFAULT:
        name = USUAL[ask.model]
    if ask.model == "pinn":
        equation = own_equation(read_code(ask.code)) if ask.code.strip() else equation_named(name)
        return pinn(equation, ask.split_seed), notes
    code = read_code(ask.code) if ask.model == "custom" else None
    source = own_source(code, ask.split_seed) if code else None
    if source is None:
        files = {key: value for key, value in blobs.items() if key != "checkpoint"}
        source = read_source(name, ask.task, files)
    check_size(source)
    split = split_rows(source, ask.val_fraction, ask.split_seed)
    if code is not None:
        return custom(code, source, split, ask.loss, ask.metric, seed=ask.seed), notes
    if ask.model == "transformer_lm":
        return transformer(source, split, ask.metric), notes
    if ask.model == "diffusion":
        return diffusion(source, split), notes
    if ask.model == "bnn":
        return bayesian(source, split), notes
    return supervised(ask.model, source, split, ask.loss, ask.metric), notes


def check_size(source: Source) -> None:
    """Check that there are rows to split, and not too many.

    Raises:
        ToolError: `bad_argument`.
    """
    n = len(source.rows)
    if not MIN_ROWS <= n <= MAX_ROWS:
        raise ToolError(
            "bad_argument",
            f"dataset: {source.name} has {n} rows.",
            f"Give between {MIN_ROWS} and {MAX_ROWS}.",
        )


__all__ = ["PRESETS", "Rows", "problem_of"]
