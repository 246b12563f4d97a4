"""Whether the loss of the untrained model is what it should be. Runs in the worker."""

import math
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.train_tiny_model import Finding
from jax_workbench.tools.train_tiny_model.compiled import Program
from jax_workbench.tools.train_tiny_model.losses import binary_cross_entropy, cross_entropy
from jax_workbench.tools.train_tiny_model.problem import Problem
from jax_workbench.tools.train_tiny_model.untyped import jit, nnx

FAR_CLASSES = 5.0
"""Factor by which a cross-entropy may exceed ln C; what is off by less, and is not soon made good,
shows in the run."""
FAR_NUMBERS = 10.0
"""Factor by which a squared error may exceed the targets' mean square."""
SAME = 1e-4


@dataclass(frozen=True)
class Start:
    """How the loss began."""

    expected: float | None
    text: str
    findings: list[Finding]


def judged_start(problem: Problem, program: Program, batch: Any, value: float) -> Start:
    """Compare the first loss with the expected one; look for a softmax that is applied twice."""
    expected, rule = problem.expected_init_loss, problem.expected_rule
    findings: list[Finding] = []
    if problem.n_outputs and problem.metric is not None and problem.name == "custom":
        outputs = outputs_of(problem, program, batch[0])
        is_one = problem.facts.get("outputs") == "one_logit"
        usual = binary_cross_entropy if is_one else cross_entropy
        plain = float(usual(outputs, batch[1]))
        twice = (double_sigmoid if is_one else double_softmax)(outputs, batch[1], value, plain)
        if twice is not None:
            findings.append(twice)
        if expected is None and abs(value - plain) < SAME * max(1.0, plain):
            expected = math.log(problem.n_outputs)
            rule = f"ln {problem.n_outputs}: all classes equally likely"
    if expected is None:
        return Start(
            None, f"The untrained loss is {value:.4g}; no rule says what it should be.", findings
        )
    if is_far(problem, value, expected) and not findings:
        findings.append(
            Finding(
                code="bad_init",
                step=0,
                evidence=f"The untrained loss is {value:.4g}, expected about {expected:.4g} "
                f"({rule}).",
                fix="Scale the last layer's initial weights down (kernel_init), and the inputs to "
                "about unit size.",
            )
        )
    text = f"The untrained loss is {value:.4g}, expected about {expected:.4g} ({rule})."
    return Start(expected, text, findings)


def is_far(problem: Problem, value: float, expected: float) -> bool:
    """Whether the first loss is too far from what it should be."""
    if problem.n_outputs is not None:
        return value > FAR_CLASSES * expected
    return value > FAR_NUMBERS * expected


def outputs_of(problem: Problem, program: Program, x: Any) -> Any:
    """What the untrained model says of `x`."""
    graphdef = program.graphdef

    def forward(params: Any, rest: Any, x: Any) -> Any:
        return problem.forward(nnx.merge(graphdef, params, rest, copy=True), x)

    return jit(forward)(program.first.params, program.first.rest, x)


def double_softmax(outputs: Any, y: Any, value: float, plain: float) -> Finding | None:
    """Probabilities that are taken for logits: then the loss cannot fall below a floor."""
    n = outputs.shape[-1]
    sums = np.asarray(outputs.sum(-1), np.float64)
    low, high = float(outputs.min()), float(outputs.max())
    is_probability = low >= -SAME and high <= 1 + SAME and float(np.abs(sums - 1).max()) < SAME
    floor = math.log(math.e + n - 1) - 1
    same_as_plain = abs(value - plain) < SAME * max(1.0, plain)
    twice = float(cross_entropy(jax.nn.softmax(outputs.astype(jnp.float32), -1), y))
    same_as_twice = abs(value - twice) < SAME * max(1.0, twice)
    in_model = is_probability and same_as_plain
    in_loss = not is_probability and same_as_twice and not same_as_plain
    if not in_model and not in_loss:
        return None
    where = "the model's outputs are probabilities" if in_model else "loss_fn applies softmax first"
    return Finding(
        code="double_softmax",
        step=0,
        evidence=f"The loss takes logits, but {where}: it equals the cross-entropy of the softmax "
        f"of probabilities, and cannot fall below {floor:.4g} for {n} classes.",
        fix="Drop the softmax in the model." if in_model else "Drop the softmax in loss_fn.",
    )


def double_sigmoid(outputs: Any, y: Any, value: float, plain: float) -> Finding | None:
    """The same of one output a row: a probability that is taken for a logit."""
    low, high = float(outputs.min()), float(outputs.max())
    if low < 0 or high > 1 or abs(value - plain) > SAME * max(1.0, plain):
        return None
    share = float(np.asarray(y, np.float64).mean())
    # Of a probability of 1 where the class is 1, and of 0 where it is 0.
    floor = share * math.log1p(math.exp(-1)) + (1 - share) * math.log(2)
    return Finding(
        code="double_softmax",
        step=0,
        evidence="The loss takes a logit, but the model's output is a probability: it equals the "
        "cross-entropy of the sigmoid of probabilities, and cannot fall below "
        f"{floor:.4g} for these labels.",
        fix="Drop the sigmoid in the model.",
    )
