"""One training, from a problem and a recipe to scores and findings. Runs in the worker."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.train_tiny_model import Finding, Score, TrainTinyModelAsk
from jax_workbench.tools.train_tiny_model.answer import finite
from jax_workbench.tools.train_tiny_model.compiled import Program
from jax_workbench.tools.train_tiny_model.detectors import Facts, findings_of, is_still_falling
from jax_workbench.tools.train_tiny_model.evaluation import Evaluator, scored
from jax_workbench.tools.train_tiny_model.jaxpr_walk import dead_shares, rectifiers
from jax_workbench.tools.train_tiny_model.loop import Trained, Training
from jax_workbench.tools.train_tiny_model.metrics import interval
from jax_workbench.tools.train_tiny_model.nan_replay import nonfinite_finding
from jax_workbench.tools.train_tiny_model.optimizers import with_settings
from jax_workbench.tools.train_tiny_model.problem import (
    Ending,
    Problem,
    Recipe,
    inference_view,
)
from jax_workbench.tools.train_tiny_model.rows import Rows
from jax_workbench.tools.train_tiny_model.untyped import nnx, tree
from jax_workbench.tools.train_tiny_model.verdict import Verdict, learns_nothing, verdict_of

N_DEAD_ROWS = 256


@dataclass(frozen=True)
class Outcome:
    """What came of a training."""

    trained: Trained
    score: Score
    findings: list[Finding]
    verdict: Verdict
    ending: Ending | None


class Session:
    """A compiled problem that can be trained from any seed."""

    def __init__(self, problem: Problem, recipe: Recipe, program: Program) -> None:
        """Shares what is compiled between seeds."""
        self.problem, self.recipe, self.program = problem, recipe, program
        self.evaluator = Evaluator(problem, program.graphdef)
        self._fired: Any = None

    def train(  # noqa: PLR0913 - each is one fact of the run
        self,
        state: Trained,
        *,
        seed: int,
        left_s: Callable[[], float],
        say: Callable[[str], None],
        stops_early: bool,
        keep: Callable[[Trained], None] | None = None,
    ) -> Trained:
        """Train on from `state`; `keep` sees each good state on the way."""
        training = Training(
            self.problem,
            self.recipe,
            self.program,
            self.evaluator,
            seed=seed,
            left_s=left_s,
            say=say,
            stops_early=stops_early,
            keep=keep,
        )
        return training.run(state)

    def scoring_s(self) -> float:
        """What the scores of a run will take."""
        split = self.problem.split
        twice = 2 * len(scored(split.train)) + len(scored(split.validation))
        return self.evaluator.seconds_for(len(split.test) + len(split.validation) + twice)

    def outcome(
        self, trained: Trained, init_loss: float | None, early: list[Finding], n_samples: int = 0
    ) -> Outcome:
        """Score the best weights and judge the run."""
        ending = self._ending(trained, n_samples)
        score = self._score(trained) if ending is None else of_ending(ending)
        is_higher = self.problem.metric.is_higher_better if self.problem.metric else False
        nothing = learns_nothing(score, is_higher_better=is_higher)
        findings = [*early, *self._findings(trained, init_loss, nothing=nothing)]
        verdict = verdict_of(
            trained,
            findings,
            has_learnt=not nothing,
            still_falls=is_still_falling(trained.trace),
        )
        return Outcome(trained, score, findings, verdict, ending)

    def short_findings(self, trained: Trained, init_loss: float | None) -> list[Finding]:
        """What a short run already shows; nothing was scored."""
        return self._findings(trained, init_loss, nothing=False)

    def model(self, trained: Trained) -> Any:
        """The best model, ready for inference."""
        params, rest = self.weights(trained)
        return inference_view(nnx.merge(self.program.graphdef, params, rest, copy=True))

    def weights(self, trained: Trained) -> tuple[Any, Any]:
        """The best weights and the model's other state."""
        if trained.best is not None:
            return trained.best.params, trained.best.rest
        return trained.carry.params, trained.carry.rest

    def _ending(self, trained: Trained, n_samples: int) -> Ending | None:
        if self.problem.ending is None:
            return None
        return self.problem.ending(self.model(trained), n_samples)

    def _score(self, trained: Trained) -> Score:
        metric = self.problem.metric
        split = self.problem.split
        params, rest = self.weights(trained)
        if metric is None:
            rows = split.test
            loss = finite(self.evaluator.loss(params, rest, rows))
            return Score(
                name="loss",
                train=finite(self.evaluator.loss(params, rest, split.train)),
                validation=finite(self.evaluator.loss(params, rest, split.validation)),
                test=loss,
                baseline=self._loss_without_inputs(params, rest),
            )
        tested = self.evaluator.rows(params, rest, split.test)
        low, high = interval(metric, tested)
        some = scored(split.train)
        base = metric.baseline_rows(split.train.y, split.test.y)
        baseline = metric.value(*(np.asarray(part, np.float64) for part in base))
        return Score(
            name=metric.name,
            train=finite(self.evaluator.value(params, rest, some)),
            validation=finite(self.evaluator.value(params, rest, split.validation)),
            test=finite(metric.value(*tested)),
            ci_low=finite(low),
            ci_high=finite(high),
            baseline=finite(baseline),
        )

    def _loss_without_inputs(self, params: Any, rest: Any) -> float | None:
        """Loss of the same model where the inputs of the test rows are shuffled."""
        rows = self.problem.split.test
        order = np.random.default_rng(0).permutation(len(rows))
        return finite(self.evaluator.loss(params, rest, Rows(rows.x[order], rows.y)))

    def _findings(
        self, trained: Trained, init_loss: float | None, *, nothing: bool
    ) -> list[Finding]:
        trace, recipe = trained.trace, self.recipe
        if not trace.parts:
            return []
        start = init_loss if init_loss is not None else float(trace.loss[0])
        params, rest = trained.carry.params, trained.carry.rest
        scores = self._scores_at_end(trained)
        facts = Facts(
            init_loss=start,
            learning_rate=recipe.learning_rate,
            leaf_names=self.program.leaf_names(),
            steps=trained.step,
            warmup=max(0, min(recipe.warmup_steps, recipe.steps // 5) - trace.first_step),
            is_own_step=self.program.is_own,
            is_signed=start <= 0,
            is_low_precision=any(
                leaf.dtype.itemsize < 4  # noqa: PLR2004 - bytes of a float32
                for leaf in tree.leaves(params)
                if jnp.issubdtype(leaf.dtype, jnp.floating)
            ),
            learns_nothing=nothing,
            dead=self._dead(params, rest) if trained.stopped != "nonfinite" else (),
            dead_at_start=tuple(
                share for _, _, share in self._dead(self.program.first.params, rest)
            ),
            scores=scores,
            gap_noise=self._noise_of(scores[1]) if scores else 0.0,
            expected_loss=self.problem.expected_init_loss if self.problem.n_outputs else None,
            unmoved=self._unmoved(trained),
            stopped_early=trained.stopped == "early",
            has_few_updates=recipe.accumulate > 1,
        )
        findings = findings_of(trace, facts)
        if trained.stopped == "nonfinite" and not any(
            f.code == "learning_rate_too_high" for f in findings
        ):
            findings.insert(0, nonfinite_finding(self.problem, self.program, trained, start))
        return findings

    def _noise_of(self, held: float) -> float:
        """Two standard errors of a share of the validation rows; 0 for other scores."""
        metric, n = self.problem.metric, len(scored(self.problem.split.validation))
        if metric is None or not metric.is_share:
            return 0.0
        return 2 * float(np.sqrt(max(held * (1 - held), 1 / n) / n))

    def _unmoved(self, trained: Trained) -> tuple[str, ...]:
        """Weight arrays that are what they were before the first step."""
        if self.program.is_own:
            return ()
        before = tree.leaves(self.program.fresh(trained.seed).params)
        pairs = zip(before, tree.leaves(trained.carry.params), strict=True)
        same = [np.array_equal(np.asarray(a), np.asarray(b)) for a, b in pairs]
        names = zip(self.program.leaf_names(), same, strict=True)
        return tuple(name for name, is_same in names if is_same)

    def _scores_at_end(self, trained: Trained) -> tuple[float, float] | None:
        """Training and validation score of the last weights, higher is better."""
        metric, split = self.problem.metric, self.problem.split
        if metric is None or trained.stopped == "nonfinite" or not trained.trace.evaluations:
            return None
        params, rest = trained.carry.params, trained.carry.rest
        train, held = (
            self.evaluator.value(params, rest, scored(part))
            for part in (split.train, split.validation)
        )
        if metric.is_higher_better:
            return train, held
        base = metric.baseline_rows(split.train.y, split.validation.y)
        scale = abs(metric.value(*(np.asarray(part, np.float64) for part in base))) or 1.0
        return -train / scale, -held / scale

    def _dead(self, params: Any, rest: Any) -> tuple[tuple[int, int, float], ...]:
        """Share of dead units of each ReLU layer; none where the model cannot be called alone."""
        if self.problem.name not in {"custom", "mlp", "cnn", "autoencoder"}:
            return ()
        if self.problem.name == "custom" and self.problem.metric is None:
            return ()
        x = jnp.asarray(self.problem.split.train.x[:N_DEAD_ROWS])
        graphdef = self.program.graphdef

        def forward(params: Any, rest: Any, x: Any) -> Any:
            return inference_view(nnx.merge(graphdef, params, rest, copy=True))(x)

        if self._fired is None:
            self._fired = rectifiers(forward, (params, rest, x))
        found = dead_shares(self._fired(params, rest, x))
        return tuple((layer.place, layer.n_units, layer.dead_share) for layer in found)


def of_ending(ending: Ending) -> Score:
    """A score that was found by other means."""
    return Score(
        name=ending.name,
        test=finite(ending.value),
        ci_low=finite(ending.ci_low),
        ci_high=finite(ending.ci_high),
        baseline=finite(ending.baseline),
    )


def recipe_of(problem: Problem, ask: TrainTinyModelAsk) -> Recipe:
    """The problem's recipe with the caller's lengths and settings."""
    recipe = problem.defaults
    n = len(problem.split.train)
    batch = min(ask.batch_size or recipe.batch_size, n)
    chosen = ask.steps or recipe.steps
    if ask.epochs and not ask.steps:
        chosen = max(1, round(ask.epochs * n / batch))
    return with_settings(replace(recipe, steps=chosen, batch_size=batch), ask.optimizer)
