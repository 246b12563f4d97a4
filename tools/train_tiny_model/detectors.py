"""What went wrong, from what training saw; plain arrays in, findings out. Runs in the worker."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jax_workbench.tools.train_tiny_model import Finding
from jax_workbench.tools.train_tiny_model.next_calls import higher_rate, lower_rate
from jax_workbench.tools.train_tiny_model.trace import Trace

PEAK = 5.0
"""Loss over its start from which a rate is too high, in a mean over a few steps."""
SMALL_UPDATE = 1e-4
ABOVE = 1.5
"""First loss over that of chance from which a start is off."""
HARDLY_MOVED = 0.3
"""Share of the loss that a run must lose to have moved."""
MOST_DEAD = 0.9
WIDTH = 5
"""Steps that are averaged before a peak counts."""
N_ZERO = 10
"""Steps in a row without gradient after which a layer counts as frozen."""
WORSE = 1.3
"""Validation loss over its best from which a run overfits."""
OVERFIT_TRAIN = 0.5
"""Training loss over validation loss below which a run fits what does not generalise."""
EARLY_BEST = 0.7
EDGE = 2.0**-8
"""Relative step that bfloat16 rounds away."""
MIN_STEPS = 20
GAP = 0.05
"""Between training and validation score, from which the difference matters."""
MEMORISED = 0.3
"""Gap from which a slight rise of the validation loss is enough."""
RISEN = 1.03

type Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Facts:
    """What the detectors look at besides the trace."""

    init_loss: float
    learning_rate: float
    leaf_names: Sequence[str]
    steps: int
    """Asked for."""
    warmup: int = 0
    is_own_step: bool = False
    is_signed: bool = False
    """The loss may be negative, so its ratios mean nothing."""
    is_low_precision: bool = False
    learns_nothing: bool = False
    """The score is no better than a guess that ignores the inputs."""
    dead: tuple[tuple[int, int, float], ...] = ()
    """(place, units, dead share) of each ReLU layer at the end."""
    dead_at_start: tuple[float, ...] = ()
    scores: tuple[float, float] | None = None
    """Of training and validation rows at the end, higher is better."""
    gap_noise: float = 0.0
    """Two standard errors of the validation score, where it is a share of few rows."""
    expected_loss: float | None = None
    """Of outputs that know nothing, where the targets are classes."""
    unmoved: Sequence[str] = ()
    """Weight arrays that are bit for bit what they were at step 0."""
    stopped_early: bool = False
    """By the tool, with the weights of the best look kept: what was learnt is not lost."""
    has_few_updates: bool = False
    """Accumulation: most steps change nothing on purpose."""


def findings_of(trace: Trace, facts: Facts) -> list[Finding]:
    """Everything that is wrong, the likeliest cause first."""
    found = [
        *updates_lost(trace, facts),
        *rate_too_high(trace, facts),
        *zero_gradient(trace, facts),
        *frozen(trace, facts),
        *low_precision(trace, facts),
        *dead_units(facts),
        *rate_too_low(trace, facts),
        *slow_start(trace, facts),
        *overfitting(trace, facts),
    ]
    codes = {finding.code for finding in found}
    if "updates_lost" in codes:
        found = [f for f in found if f.code == "updates_lost"]
    if codes & {"learning_rate_too_high", "dead_units"}:
        # Units that died, and what follows of it, are consequences.
        follow = {"zero_gradient_layer", "learning_rate_too_low", "bad_init"}
        found = [f for f in found if f.code not in follow]
    return found


def updates_lost(trace: Trace, facts: Facts) -> Iterator[Finding]:
    """Weights that are the same to the last bit after every step, though they should move."""
    ratio = trace.update_ratio
    if len(ratio) < 1 or np.any(ratio != 0) or facts.learning_rate <= 0:
        return
    if not facts.is_own_step and not np.any(trace.grad_norm > 0):
        return
    yield Finding(
        code="updates_lost",
        step=1,
        evidence=f"After {len(ratio)} steps every weight is bit for bit what it was.",
        fix="train_step changes a copy: decorate it with nnx.jit, not jax.jit, and call "
        "optimizer.update(model, grads).",
    )


def rate_too_high(trace: Trace, facts: Facts) -> Iterator[Finding]:
    """A loss that first rose to many times its start, whether or not it came down again."""
    loss = trace.loss
    finite = loss[np.isfinite(loss)]
    if facts.is_signed or len(finite) < 1:
        return
    width = min(WIDTH, len(finite))
    mean = np.convolve(finite, np.ones(width) / width, "valid")
    peak, at = float(mean.max()), int(mean.argmax()) + width // 2
    start = max(facts.init_loss, 1e-8)
    early = trace.update_ratio[: max(1, len(loss) // 10)]
    jumps = float(np.median(early)) if len(early) else 0.0
    stuck = facts.learns_nothing and jumps > 0.1 and peak > 1.05 * start  # noqa: PLR2004
    # Steps that a healthy run never takes; small ones with a high loss have another cause.
    if (peak > PEAK * start and float(np.nanmax(trace.update_ratio)) > 1e-2) or stuck:  # noqa: PLR2004
        yield Finding(
            code="learning_rate_too_high",
            step=trace.first_step + at,
            evidence=f"The loss rose from {start:.4g} to {peak:.4g} at step {at}; in the first "
            f"tenth an update was {jumps:.2g} of the weights' size (1e-3 is usual).",
            fix=f"Lower the learning rate from {facts.learning_rate:.2g} to "
            f"{lower_rate(facts.learning_rate):.1g}, or find one with mode lr_find.",
        )


def rate_too_low(trace: Trace, facts: Facts) -> Iterator[Finding]:
    """Updates that are tiny from the start, and a loss that hardly fell."""
    ratio, loss = trace.update_ratio, trace.loss
    n = len(loss)
    if n < MIN_STEPS or facts.is_signed or facts.has_few_updates or not np.isfinite(loss).all():
        return
    early = ratio[facts.warmup : facts.warmup + max(5, n // 10)]
    early = early[early > 0]
    if not len(early):
        return
    step = float(np.median(early))
    tenth = max(1, n // 10)
    fell = 1 - float(loss[-tenth:].mean()) / max(facts.init_loss, 1e-12)
    if step < SMALL_UPDATE and fell < HARDLY_MOVED:
        yield Finding(
            code="learning_rate_too_low",
            step=trace.first_step + facts.warmup,
            evidence=f"An update is {step:.2g} of the weights' size (1e-3 is usual), and the loss "
            f"fell by {max(fell, 0):.1%} in {n} steps.",
            fix=f"Raise the learning rate from {facts.learning_rate:.2g} to "
            f"{higher_rate(facts.learning_rate):.1g}, or find one with mode lr_find.",
        )


def zero_gradient(trace: Trace, facts: Facts) -> Iterator[Finding]:
    """Weight arrays that got no gradient in the last steps, though others did."""
    norms = trace.leaf_norms
    if norms.ndim < 2 or len(norms) < N_ZERO:  # noqa: PLR2004 - steps and leaves
        return
    last = norms[-N_ZERO:]
    # From the first step on: a gradient that vanishes late is a loss of zero.
    is_zero = (last == 0).all(0) & (norms[:N_ZERO] == 0).all(0)
    if is_zero.all() or not is_zero.any():
        return
    names = [name for name, zero in zip(facts.leaf_names, is_zero, strict=True) if zero]
    what = "did not move" if facts.is_own_step else "got a gradient of exactly 0"
    yield Finding(
        code="zero_gradient_layer",
        layer=names[0],
        step=trace.first_step,
        evidence=f"{', '.join(names[:4])}{' and more' if len(names) > 4 else ''} {what} in every "  # noqa: PLR2004
        f"one of the first and the last {N_ZERO} steps.",
        fix="Look for stop_gradient, an unused layer, integer or comparison operations after it, "
        "or a frozen optimiser mask.",
    )


def frozen(trace: Trace, facts: Facts) -> Iterator[Finding]:
    """Weight arrays that had a gradient and never moved, though others did."""
    norms = trace.leaf_norms
    if norms.ndim < 2 or len(norms) < N_ZERO or facts.is_own_step or facts.is_low_precision:  # noqa: PLR2004 - steps and leaves
        return
    had = dict(zip(facts.leaf_names, (norms > 0).any(0).tolist(), strict=True))
    names = [name for name in facts.unmoved if had.get(name)]
    if not names or len(facts.unmoved) == len(facts.leaf_names):
        return
    yield Finding(
        code="zero_gradient_layer",
        layer=names[0],
        step=trace.first_step,
        evidence=f"{', '.join(names[:4])}{' and more' if len(names) > 4 else ''} had a gradient "  # noqa: PLR2004
        f"and is after {facts.steps} steps bit for bit what it was: the optimiser leaves it out.",
        fix="Look at the masks and labels in make_optimizer; what is frozen on purpose belongs in "
        "an nnx.Cache, not in an nnx.Param.",
    )


def dead_units(facts: Facts) -> Iterator[Finding]:
    """ReLU layers in which nearly no unit is ever positive."""
    for place, n_units, share in facts.dead:
        if share > MOST_DEAD and n_units > 3:  # noqa: PLR2004 - too few to speak of a share
            before = facts.dead_at_start[place] if place < len(facts.dead_at_start) else 0.0
            born = "were so from the start" if before > MOST_DEAD else "died in training"
            yield Finding(
                code="dead_units",
                step=facts.steps if before <= MOST_DEAD else 0,
                layer=f"relu {place}",
                evidence=f"{share:.0%} of the {n_units} units after ReLU {place + 1} are zero for "
                f"every row; they {born}.",
                fix="Lower the learning rate, and look at the biases' initial values."
                if before <= MOST_DEAD
                else "Make the initial biases zero and centre the inputs.",
            )
            return


def low_precision(trace: Trace, facts: Facts) -> Iterator[Finding]:
    """Weights kept in 16 bits, whose updates are too small for them."""
    ratio = trace.update_ratio[np.isfinite(trace.update_ratio)]
    if facts.is_low_precision and len(ratio) and (step := float(np.median(ratio))) < EDGE:
        yield Finding(
            code="low_precision",
            evidence=f"Weights are kept in 16 bits, and an update is {step:.2g} of their size: "
            f"what is below {EDGE:.2g} of a weight is rounded away.",
            fix="Keep the weights in float32 (param_dtype) and compute in bfloat16 (dtype, or "
            "optimizer precision).",
        )


def slow_start(trace: Trace, facts: Facts) -> Iterator[Finding]:
    """A first loss well above chance that a tenth of the run did not bring down to it."""
    loss, expected = trace.loss, facts.expected_loss
    if expected is None or trace.first_step or len(loss) < MIN_STEPS:
        return
    n = len(loss) // 10
    later = float(loss[n : 2 * n].mean())
    if facts.init_loss > ABOVE * expected and later > expected:
        yield Finding(
            code="bad_init",
            step=0,
            evidence=f"The untrained loss is {facts.init_loss:.4g}, chance costs {expected:.4g}, "
            f"and steps {n} to {2 * n} still cost {later:.4g}.",
            fix="Scale the last layer's initial weights down (kernel_init), and the inputs to "
            "about unit size.",
        )


def overfitting(trace: Trace, facts: Facts) -> Iterator[Finding]:
    """Validation that got worse long ago while training went on getting better."""
    looks = [(step, loss) for step, loss in trace.evaluations if np.isfinite(loss)]
    if len(looks) < 4 or facts.is_signed or facts.scores is None:  # noqa: PLR2004 - a curve
        return
    if facts.stopped_early and not facts.learns_nothing:
        return
    best_step, best = min(looks, key=lambda look: look[1])
    last_step, last = looks[-1]
    n = max(1, len(trace.loss) // 10)
    train = float(trace.loss[-n:].mean())
    gap = facts.scores[0] - facts.scores[1]
    is_late = best_step < EARLY_BEST * last_step
    is_worse = last > (RISEN if gap > MEMORISED else WORSE) * best
    if is_worse and is_late and train < OVERFIT_TRAIN * last and gap > max(GAP, facts.gap_noise):
        yield Finding(
            code="overfitting",
            step=best_step,
            evidence=f"Validation was best at step {best_step} ({best:.4g}) and is {last:.4g} at "
            f"step {last_step}, where training is at {train:.4g}; the score is {gap:.3g} better on "
            "training rows.",
            fix=f"Stop at step {best_step}, raise weight_decay, use a smaller model or more data.",
        )


def is_still_falling(trace: Trace, n_evaluations: int = 8) -> bool:
    """Whether the validation loss still falls at the end, beyond its scatter.

    A line through the last looks: its slope over the last tenth must be worth 1 % and lie more
    than three standard errors below zero.
    """
    looks = [(step, loss) for step, loss in trace.evaluations if np.isfinite(loss)]
    if len(looks) < n_evaluations:
        return False
    steps, losses = np.array(looks[-n_evaluations:], float).T
    x = steps - steps.mean()
    slope = float((x * losses).sum() / (x**2).sum())
    residuals = losses - losses.mean() - slope * x
    error = float(np.sqrt((residuals**2).sum() / (len(x) - 2) / (x**2).sum()))
    gain = -slope * (steps[-1] - steps[0])
    return slope < -3 * error and gain > 0.02 * abs(losses[-1])
