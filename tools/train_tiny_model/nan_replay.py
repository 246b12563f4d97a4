"""Where a run stopped being finite: the step, the operation, the line. Runs in the worker."""

# What JAX's and Flax's transformations return has no type that pyright knows.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownParameterType=false

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.train_tiny_model import Finding
from jax_workbench.tools.train_tiny_model.compiled import Program
from jax_workbench.tools.train_tiny_model.jaxpr_walk import Birth, first_birth
from jax_workbench.tools.train_tiny_model.loop import Batches, Trained
from jax_workbench.tools.train_tiny_model.problem import Problem
from jax_workbench.tools.train_tiny_model.untyped import tree

N_TOLD = 4


def log_form(operation: str) -> str:
    """What to write instead of an operation that leaves the range of floats."""
    if operation in {"log", "log1p"}:
        return (
            "Use jax.nn.log_softmax, jax.nn.log_sigmoid or Optax's losses on logits, not the log "
            "of a probability."
        )
    if operation in {"exp", "exp2", "expm1", "pow", "integer_pow", "square"}:
        return "Stay in log space (jax.nn.logsumexp), or bound the argument before it."
    if operation in {"div", "rsqrt", "sqrt"}:
        return "Add a small constant below, and use jnp.where on the argument, not on the result."
    return "Scale the values before this operation."


def nonfinite_finding(
    problem: Problem, program: Program, trained: Trained, init_loss: float
) -> Finding:
    """What made the loss or a gradient infinite or nan."""
    trace = trained.trace
    bad = trace.first_bad() or 0
    step = trace.first_step + bad
    norms = trace.leaf_norms[bad]
    names = program.leaf_names()
    leaves = [n for n, norm in zip(names, norms, strict=True) if not np.isfinite(norm)]
    birth = None if program.is_own else replayed(problem, program, trained, step)
    loss = trace.loss[bad]
    what = "The loss" if not np.isfinite(loss) else "A gradient"
    where = f" in {', '.join(leaves[:N_TOLD])}" if leaves and np.isfinite(loss) else ""
    said = f"{what}{where} is not finite at step {step} (it began at {init_loss:.4g})"
    if birth is None:
        return Finding(
            code="nonfinite_loss",
            step=step,
            layer=leaves[0] if leaves else None,
            evidence=f"{said}.",
            fix="Lower the learning rate, clip the gradient (clip_norm 1), and look at logs, "
            "divisions and roots near zero.",
        )
    return Finding(
        code="loss_overflow" if birth.kind == "inf" else "nonfinite_loss",
        step=step,
        layer=leaves[0] if leaves else None,
        line=birth.line,
        evidence=f"{said}: {birth.operation} of values from {birth.low:.4g} to {birth.high:.4g} "
        f"gave {birth.kind}.",
        fix=log_form(birth.operation),
    )


def replayed(problem: Problem, program: Program, trained: Trained, step: int) -> Birth | None:
    """Run from the last good state to the bad step, then the bad step operation by operation."""
    if trained.bad is None:
        return None
    carry = tree.map(jnp.copy, trained.bad[0])
    size = program.recipe.batch_size
    batches = Batches(len(problem.split.train), size, trained.seed)
    key = jax.random.fold_in(jax.random.key(trained.seed), 1)
    one = jax.jit(program.step)
    for number in range(trained.step, step):
        index = jnp.asarray(batches.rows(number, 1)[0])
        carry, _ = one(carry, jnp.int32(number), index, program.rows, key)
    index = jnp.asarray(batches.rows(step, 1)[0])
    batch: Any = (program.rows[0][index], program.rows[1][index])
    own = jax.random.fold_in(key, step)
    if problem.augment is not None:
        batch = problem.augment(batch, own)

    def loss(params: Any, rows: Any) -> Any:
        return program.step.objective(params, carry.rest, rows, own)[0]

    found = first_birth(loss, (carry.params, batch), problem.loss_code)
    if found is not None:
        return found
    return first_birth(jax.grad(loss), (carry.params, batch), problem.loss_code)
