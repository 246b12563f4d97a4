"""A batch taken in equal parts for lack of memory: into how many, and whether that changes the run.

Runs in the worker.
"""

from typing import Any

import numpy as np

from jax_workbench.tools.contract import Note
from jax_workbench.tools.train_tiny_model.compiled import Program
from jax_workbench.tools.train_tiny_model.evaluation import Evaluator
from jax_workbench.tools.train_tiny_model.messages import PARTS, steps_in_parts
from jax_workbench.tools.train_tiny_model.problem import Problem, Recipe
from jax_workbench.tools.train_tiny_model.rows import Rows
from jax_workbench.tools.train_tiny_model.session import Session
from jax_workbench.tools.train_tiny_model.untyped import nnx

N_PROBED = 64
N_PROBE_PARTS = 4
TOLERANCE = 1e-4
"""Of the loss: rounding in 32 bits is below it, rows that are weighed differently are above."""


class NotTheSame(Exception):
    """In parts the training would be another one; the text says why."""


def number_of_parts(batch_size: int, wanted: int) -> int:
    """The smallest number of equal parts that is at least `wanted`; one row a part at most."""
    return next(n for n in range(min(wanted, batch_size), batch_size + 1) if batch_size % n == 0)


def check_can_be_cut(problem: Problem, recipe: Recipe) -> None:
    """Check that the step is the tool's own and sums over rows.

    Raises:
        NotTheSame: It is not.
    """
    if problem.name == "bnn":
        raise NotTheSame("bnn takes all rows at once, not in batches.")
    if problem.own_step is not None:
        raise NotTheSame("train_step is the code's own and is given its batches whole.")
    if recipe.name == "lbfgs":
        raise NotTheSame("the line search of lbfgs takes its batches whole.")
    if recipe.batch_size == 1:
        raise NotTheSame("a batch of one row has no parts.")


def check_is_mean(problem: Problem, program: Program) -> None:
    """Check that the loss of some rows is the mean of the losses of their parts.

    Raises:
        NotTheSame: It is not, so that the gradients of parts have another mean.
    """
    if problem.name == "diffusion":  # a mean over rows, with noise that is drawn for each
        return
    size = min(N_PROBED, program.recipe.batch_size, len(problem.split.train)) // N_PROBE_PARTS
    if not size:
        return
    evaluator, train, first = (
        Evaluator(problem, program.graphdef),
        problem.split.train,
        program.first,
    )

    def loss(begin: int, end: int) -> float:
        evaluator.size = end - begin
        rows = Rows(train.x[begin:end], train.y[begin:end])
        return evaluator.loss(first.params, first.rest, rows)

    whole = loss(0, size * N_PROBE_PARTS)
    parts = [loss(at * size, (at + 1) * size) for at in range(N_PROBE_PARTS)]
    if not abs(float(np.mean(parts)) - whole) <= TOLERANCE * max(abs(whole), *map(abs, parts)):
        raise NotTheSame(
            f"the loss of {size * N_PROBE_PARTS} rows is {whole:.6g} and the mean over their "
            f"quarters {np.mean(parts):.6g}: rows of a batch are weighed by what else is in it."
        )


def more_parts(problem: Problem, program: Program) -> tuple[list[int], str]:
    """Numbers of parts, more than the program's, that train the same; or why there are none."""
    recipe = program.recipe
    try:
        check_can_be_cut(problem, recipe)
        check_is_mean(problem, program)
    except NotTheSame as error:
        return [], f"It is not trained in parts: {error}"
    every = {number_of_parts(recipe.batch_size, wanted) for wanted in PARTS}
    return sorted(n for n in every if n > recipe.batch_parts), ""


def note_of_parts(session: Session, why: str) -> Note:
    """That batches are taken in parts from the start, and why."""
    recipe = session.recipe
    changed = differences(session.problem, session.program)
    n, size = recipe.batch_parts, recipe.batch_size
    text = (
        f"{why} Each batch of {size} is taken in {n} parts of {size // n} rows and the mean of "
        f"their gradients{steps_in_parts(changed)}"
    )
    return Note(code="trained_in_parts", severity="warning" if changed else "info", text=text)


def differences(problem: Problem, program: Program) -> list[str]:
    """What is not as with whole batches, though each step's gradient is."""
    state: Any = nnx.to_flat_state(program.first.rest)
    kinds: list[type[Any]] = [type(value) for _, value in state]

    def has(kind: Any) -> bool:
        return any(issubclass(own, kind) for own in kinds)

    found: list[str] = []
    if has(nnx.BatchStat):
        found.append("BatchNorm takes the mean and variance of each part")
    if has(nnx.RngState) or problem.name == "diffusion":
        found.append("random draws (dropout, noise) are other ones")
    return found
