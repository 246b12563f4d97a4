"""The loop that one writes without the tool: a step under `nnx.jit`, called from Python."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from jax_workbench.tools.train_tiny_model.compiled import Program
from jax_workbench.tools.train_tiny_model.problem import Problem
from jax_workbench.tools.train_tiny_model.untyped import nnx


def nnx_jit_loop(problem: Problem, program: Program, index: NDArray[np.int32]) -> Callable[[], Any]:
    """The training of `program` as such a loop, compiled.

    Args:
        problem: What both train.
        program: The tool's; its optimiser and its rows on the device are taken.
        index: Rows of each step.

    Returns:
        A function that takes one step for each entry of `index` and gives the last one's loss; the
        weights go on from call to call.
    """
    key = jax.random.key(0)
    model = problem.build(0)
    optimizer = nnx.Optimizer(model, program.transform, wrt=nnx.Param)

    @nnx.jit
    def step(model: Any, optimizer: Any, x: Any, y: Any, key: Any) -> Any:
        batch = (x, y) if problem.augment is None else problem.augment((x, y), key)

        def objective(own: Any) -> Any:
            return problem.loss(own, batch, key)

        loss, grads = nnx.value_and_grad(objective)(model)
        optimizer.update(model, grads)
        return loss

    rows = [(program.rows[0][i], program.rows[1][i]) for i in index]
    step(model, optimizer, *rows[0], key)

    def run() -> Any:
        return [step(model, optimizer, x, y, key) for x, y in rows][-1]

    return run
