"""What is looked at before the run: data, weights, shapes, the loss at the start.

Runs in the worker.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.train_tiny_model import Check, Finding
from jax_workbench.tools.train_tiny_model.batch_pairs import (
    Origin,
    mismatched_pairs,
    zeros_like_batch,
)
from jax_workbench.tools.train_tiny_model.compiled import Program
from jax_workbench.tools.train_tiny_model.custom import untrained_leaves
from jax_workbench.tools.train_tiny_model.jaxpr_walk import first_birth, looped_convolution
from jax_workbench.tools.train_tiny_model.loss_at_start import judged_start
from jax_workbench.tools.train_tiny_model.nan_replay import log_form
from jax_workbench.tools.train_tiny_model.problem import Problem
from jax_workbench.tools.train_tiny_model.rows import Rows, shared_rows
from jax_workbench.tools.train_tiny_model.session import Session
from jax_workbench.tools.train_tiny_model.untyped import nnx, tree

PRIME_BATCH = 97
FATAL = frozenset(
    (
        "broadcast_loss",
        "labels_out_of_range",
        "nan_in_data",
        "nonfinite_loss",
        "loss_overflow",
        "out_of_memory",
    )
)
"""Findings after which training would show nothing more."""
MAX_SHARED = 0.01
"""Share of test rows that may also be training rows, as they do in coarse data."""
N_START_ROWS = 256


@dataclass
class Looked:
    """What the checks found."""

    checks: list[Check] = field(default_factory=list[Check])
    findings: list[Finding] = field(default_factory=list[Finding])
    init_loss: float | None = None
    expected: float | None = None

    def add(self, code: str, text: str, findings: list[Finding]) -> None:
        """Note how one check went."""
        said = findings[0].evidence if findings else text
        self.checks.append(Check(code=code, ok=not findings, text=said))
        self.findings.extend(findings)

    @property
    def is_fatal(self) -> bool:
        """Whether training makes no sense."""
        return any(finding.code in FATAL for finding in self.findings)


def look_at_data(problem: Problem, looked: Looked) -> None:
    """Finite numbers, labels in range, no rows on both sides of the split."""
    parts = {
        "train": problem.split.train,
        "validation": problem.split.validation,
        "test": problem.split.test,
    }
    shapes = ", ".join(f"{name} {len(rows)}" for name, rows in parts.items())
    # Rows are counted as the caller counts them: before the split.
    whole = {"data": problem.source.rows}
    if problem.source.test is not None:
        whole["test data"] = problem.source.test
    text = f"All numbers are finite; {shapes} rows of {list(problem.split.train.x.shape[1:])}."
    looked.add("data", text, list(not_finite(whole)))
    if problem.n_outputs is not None:
        low, high = label_range(whole)
        text = f"Labels are {low} to {high}; the model tells {problem.n_outputs} apart."
        looked.add("labels", text, list(out_of_range(problem, whole)))
    n_shared, first = shared_rows(problem.split)
    n_test = len(problem.split.test)
    findings = []
    if problem.source.kind != "pde" and n_shared > MAX_SHARED * n_test:
        findings = [
            Finding(
                code="split_leakage",
                evidence=f"{n_shared} of {n_test} test rows are also training or validation rows, "
                f"the first of them test row {first}: the test score is flattered.",
                fix="Remove duplicates before splitting, or return (x, y) and let the tool split.",
            )
        ]
    looked.add("split", f"{n_shared} of {n_test} test rows were seen in training.", findings)


def not_finite(parts: dict[str, Rows]) -> Iterator[Finding]:
    """The first bad number of each part."""
    for name, rows in parts.items():
        for side, array in (("x", rows.x), ("y", rows.y)):
            if array.dtype.kind != "f" or np.isfinite(array).all():
                continue
            place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
            n_bad = int((~np.isfinite(array)).reshape(len(array), -1).any(1).sum())
            where = f"row {place[0]}" + (f", column {list(place[1:])}" if len(place) > 1 else "")
            yield Finding(
                code="nan_in_data",
                evidence=f"{side} of the {name} is {array[place]} in {where}; {n_bad} of "
                f"{len(array)} rows are not finite.",
                fix="Drop or fill these rows; a lower learning rate does not help.",
            )


def label_range(parts: dict[str, Rows]) -> tuple[int, int]:
    """Smallest and largest label of all parts."""
    labels = [rows.y[np.isfinite(rows.y)] for rows in parts.values()]
    return int(min(y.min() for y in labels)), int(max(y.max() for y in labels))


def out_of_range(problem: Problem, parts: dict[str, Rows]) -> Iterator[Finding]:
    """The first label that the outputs have no place for; -1 in tokens means not scored."""
    n = problem.n_outputs or 0
    lowest = -1 if problem.source.kind == "tokens" and problem.name != "custom" else 0
    for name, rows in parts.items():
        wrong = np.argwhere((rows.y < lowest) | (rows.y >= n))
        if len(wrong):
            place = tuple(int(i) for i in wrong[0])
            yield Finding(
                code="labels_out_of_range",
                evidence=f"{len(wrong)} labels of the {name} are outside 0 to {n - 1}, the "
                f"first is {rows.y[place]} in row {place[0]}: the loss is then nan, or finite and "
                "wrong where the label is negative.",
                fix="Number the classes from 0, or give the model more outputs "
                f"({int(np.nanmax(rows.y)) + 1}).",
            )
            return


def look_at_model(problem: Problem, program: Program, looked: Looked) -> None:
    """Weights that would be trained, shapes in the loss, loops around convolutions."""
    model = program.model()
    n_params = len(tree.leaves(program.first.params))
    left = untrained_leaves(model)
    findings = [
        Finding(
            code="untrained_parameters",
            layer=path,
            evidence=f"{path} is {kind}, no nnx.Param: it gets no gradient and stays as it is"
            + ("." if n_params else "; the model has no nnx.Param at all."),
            fix=f"Write self.{path.rpartition('.')[2]} = nnx.Param(...); a constant is an "
            "nnx.Cache.",
        )
        for path, kind in left[:3]
    ]
    if not n_params and not findings:
        findings = [
            Finding(
                code="untrained_parameters",
                evidence="The model has no nnx.Param: there is nothing to train.",
                fix="Make its weights nnx.Param, and keep submodules in nnx.List, not in a list.",
            )
        ]
    looked.add("trainables", f"{n_params} arrays are trained, none is left out.", findings)
    looked.add(
        "shapes", "No (batch,) meets a (batch, 1) in the loss.", broadcasts(problem, program)
    )
    if not program.is_own:
        is_looped, line = looped_convolution(program.jaxpr, problem.loss_code)
        findings = []
        if is_looped and jax.default_backend() == "cpu":
            findings = [
                Finding(
                    code="slow_conv_loop",
                    line=line,
                    evidence="A convolution runs inside a loop of the model; on a CPU its gradient "
                    "is then some 20 times slower than outside one.",
                    fix="Unroll the loop in Python, or write the convolution as shifted slices and "
                    "one matmul.",
                )
            ]
        looked.add("loops", "No convolution inside a loop of the model.", findings)


def broadcasts(problem: Problem, program: Program) -> list[Finding]:
    """Where the loss pairs every prediction with every target."""
    n_features = set(problem.split.train.x.shape[1:])
    batch = next(n for n in (PRIME_BATCH, 89, 83) if n not in n_features)
    rows = zeros_like_batch(problem.split.train, batch)

    def loss(params: Any, rest: Any, own: Any) -> Any:
        model = nnx.merge(program.graphdef, params, rest, copy=True)
        return problem.loss(model, own, jax.random.key(0))

    arguments = (program.first.params, program.first.rest, rows)
    closed = jax.make_jaxpr(loss)(*arguments)
    kinds = ((True, False), (False, False), (False, False), (False, True))
    origins = [
        Origin(*kind, leaf.shape)
        for kind, part in zip(kinds, (*arguments[:2], *rows), strict=True)
        for leaf in tree.leaves(part)
    ]
    pairs = mismatched_pairs(closed.jaxpr, origins, batch, problem.loss_code)
    if not pairs or problem.name != "custom":
        return []
    first = pairs[0]
    shapes = " and ".join(written(shape, batch) for shape in first.shapes)
    return [
        Finding(
            code="broadcast_loss",
            line=first.line,
            evidence=f"{first.operation} of {shapes} gives {written(first.result, batch)}: every "
            "prediction is compared with every target, so the model can only learn their mean.",
            fix="Make the shapes equal: predictions[:, 0] (or .squeeze(-1)), or targets[:, None].",
        )
    ]


def written(shape: tuple[int, ...], batch: int) -> str:
    """A shape with the batch by its name."""
    parts = ["batch" if size == batch else str(size) for size in shape]
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def look_at_start(session: Session, looked: Looked) -> None:
    """The loss before the first step: finite, and near what it should be."""
    problem, program = session.problem, session.program
    rows = problem.split.train
    # Whole batches: the loss leaves out the rest, and is compared with what all rows give.
    size = min(session.evaluator.size, len(rows))
    n = size * max(1, min(len(rows), N_START_ROWS) // size)
    batch = (jnp.asarray(rows.x[:n]), jnp.asarray(rows.y[:n]))
    carry = program.first
    value = session.evaluator.loss(carry.params, carry.rest, Rows(rows.x[:n], rows.y[:n]))
    if not math.isfinite(value):
        looked.add("start", "", [overflow_at_start(problem, program, batch, value)])
        return
    looked.init_loss = value
    start = judged_start(problem, program, batch, value)
    looked.expected = start.expected
    looked.add("start", start.text, start.findings)


def overflow_at_start(problem: Problem, program: Program, batch: Any, value: float) -> Finding:
    """Which operation made the loss infinite or nan before anything was learnt."""
    carry = program.first

    def loss(params: Any, own: Any) -> Any:
        return program.step.objective(params, carry.rest, own, jax.random.key(0))[0]

    birth = first_birth(loss, (carry.params, batch), problem.loss_code)
    if birth is None:
        return Finding(
            code="nonfinite_loss",
            step=0,
            evidence=f"The loss of the untrained model is {value}.",
            fix="Evaluate the loss on a few rows and look at its parts.",
        )
    return Finding(
        code="loss_overflow" if birth.kind == "inf" else "nonfinite_loss",
        step=0,
        line=birth.line,
        evidence=f"The loss of the untrained model is {value}: {birth.operation} of values from "
        f"{birth.low:.4g} to {birth.high:.4g} gave {birth.kind}.",
        fix=log_form(birth.operation),
    )
