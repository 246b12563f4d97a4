"""The answer for a Bayesian network: error, calibration, and a picture. Runs in the worker."""

import io
import math
from collections.abc import Callable, Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from jax_workbench.tools.contract import Job
from jax_workbench.tools.train_tiny_model import (
    Check,
    Parameters,
    Score,
    TrainTinyModelAnswer,
    TrainTinyModelAsk,
    TrainTinyModelResult,
)
from jax_workbench.tools.train_tiny_model import answer as said
from jax_workbench.tools.train_tiny_model.metrics import interval, rmse, wilson
from jax_workbench.tools.train_tiny_model.optimizers import bad
from jax_workbench.tools.train_tiny_model.plot import png_of
from jax_workbench.tools.train_tiny_model.presets.bnn import N_DRAWS, N_FITTED, Posterior, sampled
from jax_workbench.tools.train_tiny_model.problem import Problem
from jax_workbench.tools.train_tiny_model.rows import Array, Rows
from jax_workbench.tools.train_tiny_model.script import reproduce

LEVEL = 0.9
MAX_RHAT = 1.1
MAX_DIVERGENCES = 0.01
"""Share of the draws."""


def posterior_answer(
    ask: TrainTinyModelAsk, job: Job, problem: Problem, checks: tuple[Check, ...]
) -> TrainTinyModelAnswer:
    """Sample, predict the test rows, say how far off and how well calibrated."""
    method = ask.optimizer.get("name", "nuts")
    if method not in {"nuts", "svi"} or set(ask.optimizer) - {"name"}:
        raise bad("model bnn takes only name, nuts or svi.", 'Give {"name": "svi"} or nothing.')
    split = problem.split
    found = sampled(split, method, ask.seed, steps=ask.steps, say=job.progress)
    scores = {
        name: scored(found, rows, split.train.y, ask.seed)
        for name, rows in (
            ("train", split.train),
            ("validation", split.validation),
            ("test", split.test),
        )
    }
    test = scores["test"]
    score = score_of(scores)
    status, why = verdict(found, test)
    save(job, ask, found, split.train)
    n_weights = sum(math.prod(v.shape[1:]) for v in found.draws.values())
    covered = wilson(test.n_covered, test.n)
    share = test.n_covered / test.n
    return TrainTinyModelAnswer(
        status=status,
        summary=f"{why} {said.scored(score)}; {share:.0%} of {test.n} test targets lie in the "
        f"{LEVEL:.0%} interval (95 % {covered[0]:.2f} to {covered[1]:.2f}).",
        result=TrainTinyModelResult(
            metric=score,
            steps=ask.steps or (N_DRAWS if method == "nuts" else N_FITTED),
            parameters=Parameters(trainable=n_weights, total=n_weights, by_layer={}),
            run_s=found.sample_s,
            checks=checks,
            details={
                "method": method,
                "coverage_90": share,
                "coverage_ci": list(covered),
                "divergences": found.n_divergences,
                "largest_rhat_of_predictions": found.rhat,
                "noise_sd": float(np.asarray(found.draws["noise"]).mean() * split.train.y.std()),
                "final_elbo_loss": float(found.losses[-100:].mean()) if len(found.losses) else None,
            },
        ),
        notes=(said.note("posterior", "Weights are drawn, not trained: no curve, no checkpoint."),),
    )


def score_of(scores: Mapping[str, "Scored"]) -> Score:
    """The errors of the three parts."""
    test = scores["test"]
    return Score(
        name="rmse",
        train=said.finite(scores["train"].value),
        validation=said.finite(scores["validation"].value),
        test=said.finite(test.value),
        ci_low=said.finite(test.low),
        ci_high=said.finite(test.high),
        baseline=said.finite(test.baseline),
    )


class Scored:
    """How well one part is predicted."""

    def __init__(self, mean: Array, noisy: Array, rows: Rows, train_y: Array) -> None:
        """`mean` and `noisy` have shape (draws, n)."""
        metric = rmse()
        error = (mean.mean(0) - rows.y) ** 2
        pair = (error.astype(np.float64), np.ones(len(rows)))
        self.n = len(rows)
        self.value = metric.value(*pair)
        self.low, self.high = interval(metric, pair)
        self.baseline = float(np.sqrt(np.mean((rows.y - train_y.mean()) ** 2)))
        low, high = np.quantile(noisy, ((1 - LEVEL) / 2, (1 + LEVEL) / 2), axis=0)
        self.n_covered = int(((rows.y >= low) & (rows.y <= high)).sum())


def scored(found: Posterior, rows: Rows, train_y: Array, seed: int) -> Scored:
    """Predict `rows` and compare."""
    mean, noisy = found.predict(rows.x, seed + 1)
    return Scored(mean, noisy, rows, train_y)


def verdict(found: Posterior, test: Scored) -> tuple[Any, str]:
    """The word, and the sentence that begins the summary."""
    n_draws = len(found.draws["noise"])
    if test.high >= test.baseline:
        return "no_learning", "No better than the mean:"
    if found.n_divergences > MAX_DIVERGENCES * n_draws:
        return "diverged", f"{found.n_divergences} of {n_draws} transitions diverged:"
    if found.rhat is not None and found.rhat > MAX_RHAT:
        return (
            "still_improving",
            f"The chains differ in their predictions (R-hat {found.rhat:.2f}); raise steps:",
        )
    return "converged", f"{n_draws} draws, {found.n_divergences} divergences:"


def save(job: Job, ask: TrainTinyModelAsk, found: Posterior, train: Rows) -> None:
    """Draws, script and, for one input, the picture."""
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **{k: np.asarray(v) for k, v in found.draws.items()})
    job.save("draws.npz", stream.getvalue(), "application/zip")
    job.save("reproduce.py", reproduce(ask).encode(), "text/x-python")
    if train.x.shape[1] == 1:
        job.save("prediction.png", picture_of(found.predict, train), "image/png")


def picture_of(predict: Callable[[Array, int], tuple[Array, Array]], train: Rows) -> bytes:
    """Data, mean and intervals over the inputs' range and a little beyond, as PNG."""
    low, high = float(train.x.min()), float(train.x.max())
    margin = 0.25 * (high - low)
    x = np.linspace(low - margin, high + margin, 200, dtype=np.float32)
    mean, noisy = predict(x[:, None], 0)
    figure = plt.figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for draws, shade, label in ((noisy, 0.15, "90 % of targets"), (mean, 0.35, "90 % of means")):
        bounds = np.quantile(draws, (0.05, 0.95), axis=0)
        axes.fill_between(x, *bounds, color="tab:blue", alpha=shade, lw=0, label=label)
    axes.plot(x, mean.mean(0), color="tab:blue", label="posterior mean")
    axes.plot(train.x[:, 0], train.y, "k.", ms=4, label="training rows")
    axes.legend(fontsize=8)
    axes.set(xlabel="x", ylabel="y", title="Bayesian network")
    return png_of(figure)
