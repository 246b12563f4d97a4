"""Where a run stopped being finite: the step, the operation, the line. Runs in the worker."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.train_tiny_model import Finding
from jax_workbench.tools.train_tiny_model.compiled import Program
from jax_workbench.tools.train_tiny_model.jaxpr_walk import Birth, first_birth
from jax_workbench.tools.train_tiny_model.loop import Batches, Trained
from jax_workbench.tools.train_tiny_model.problem import Problem
from jax_workbench.tools.train_tiny_model.trace import Trace
from jax_workbench.tools.train_tiny_model.untyped import grad, jit, tree

N_TOLD = 4
LARGE = 1e15
"""Values whose squares, as in a gradient's norm, are beyond 32 bits."""
SMALL_BYTES = 4
"""Of a float32."""


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
    if operation in {"gather", "dynamic_slice"}:
        return (
            "An index lies beyond its table, which JAX answers with nan: make the table (num_"
            "embeddings) larger than the largest index, or number from 0."
        )
    return "Scale the values before this operation."


def gradient_form(operation: str) -> str:
    """What to write where the loss is finite and its gradient is not."""
    if operation in {"div", "rsqrt", "sqrt", "log", "pow", "mul"}:
        return (
            "The slope is infinite there, as that of a root or norm at 0: add a small constant "
            "inside it, and use jnp.where on the argument too, not only on the result."
        )
    return log_form(operation)


@dataclass(frozen=True)
class Replay:
    """The bad step once more, operation by operation."""

    birth: Birth | None
    has_finite_weights: bool
    """Before the step."""
    is_in_gradient: bool
    is_large: bool
    """Nothing was infinite, but values were so large that their squares are."""


def nonfinite_finding(
    problem: Problem, program: Program, trained: Trained, init_loss: float
) -> Finding:
    """What made the loss or a gradient infinite or nan."""
    trace = trained.trace
    bad = trace.first_bad() or 0
    step = trace.first_step + bad
    leaves = bad_leaves(trace, bad, program.leaf_names())
    is_finite = bool(np.isfinite(trace.loss[bad]))
    where = f" in {', '.join(leaves[:N_TOLD])}" if leaves and is_finite else ""
    what = f"A gradient{where}" if is_finite else "The loss"
    said = f"{what} is not finite at step {step} (it began at {init_loss:.4g})"
    layer = leaves[0] if leaves else None
    if program.is_own:
        return by_an_own_step(said, step, layer)
    again = replayed(problem, program, trained, step)
    if not again.has_finite_weights:
        return by_the_update(program, said, step)
    birth = again.birth
    if birth is None:
        return Finding(
            code="nonfinite_loss",
            step=step,
            layer=layer,
            evidence=f"{said}.",
            fix="Lower the learning rate, clip the gradient (clip_norm 1), and look at logs, "
            "divisions and roots near zero.",
        )
    gave = f"more than {LARGE:.0e}, whose square overflows" if again.is_large else birth.kind
    is_overflow = again.is_large or (birth.kind == "inf" and not again.is_in_gradient)
    form = gradient_form if again.is_in_gradient else log_form
    return Finding(
        code="loss_overflow" if is_overflow else "nonfinite_loss",
        step=step,
        layer=layer,
        line=birth.line,
        evidence=f"{said}: {birth.operation} of values from {birth.low:.4g} to {birth.high:.4g} "
        f"gave {gave}.",
        fix=form(birth.operation),
    )


def bad_leaves(trace: Trace, bad: int, names: list[str]) -> list[str]:
    """Weight arrays whose gradients were not finite in that entry."""
    norms = trace.leaf_norms[bad]
    return [name for name, norm in zip(names, norms, strict=True) if not np.isfinite(norm)]


def by_an_own_step(said: str, step: int, layer: str | None) -> Finding:
    """The gradient of an own step is not seen, only what it returned and did."""
    return Finding(
        code="nonfinite_loss",
        step=step,
        layer=layer,
        evidence=f"{said}; train_step is the caller's, so the operation is not known.",
        fix="Lower the learning rate or clip the gradient; without train_step the tool names the "
        "operation and its line.",
    )


def by_the_update(program: Program, said: str, step: int) -> Finding:
    """The gradient was finite, and what the optimiser made of it was not."""
    floats = [leaf.dtype for leaf in tree.leaves(program.first.params)]
    low = [kind for kind in floats if kind.itemsize < SMALL_BYTES]
    if low:
        return Finding(
            code="low_precision",
            step=step,
            evidence=f"{said}: the weights are {low[0]}, and the update before, computed in the "
            "same 16 bits from a finite gradient, was not finite.",
            fix="Keep the weights in float32 (param_dtype) and compute in bfloat16 (dtype, or "
            "optimizer precision).",
        )
    return Finding(
        code="learning_rate_too_high",
        step=step,
        evidence=f"{said}: the step before made weights infinite from a finite gradient.",
        fix=f"Lower the learning rate from {program.recipe.learning_rate:.2g}, or find one with "
        "mode lr_find.",
    )


def replayed(problem: Problem, program: Program, trained: Trained, step: int) -> Replay:
    """Run from the last good state to the bad step, then the bad step operation by operation."""
    if trained.bad is None:
        return Replay(None, has_finite_weights=True, is_in_gradient=False, is_large=False)
    carry: Any = tree.map(jnp.copy, trained.bad[0])
    batches = Batches(len(problem.split.train), program.recipe.batch_size, trained.seed)
    key = jax.random.fold_in(jax.random.key(trained.seed), 1)
    one = jit(program.step)
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

    is_finite = all(bool(jnp.isfinite(leaf).all()) for leaf in tree.leaves(carry.params))
    if not is_finite:
        return Replay(None, has_finite_weights=False, is_in_gradient=False, is_large=False)
    return of_step(loss, (carry.params, batch), problem.loss_code)


def of_step(loss: Callable[..., Any], arguments: tuple[Any, Any], filename: str) -> Replay:
    """The loss, its gradient, then values that are only too large."""
    tries: tuple[tuple[Any, float, bool], ...] = (
        (loss, np.inf, False),
        (grad(loss), np.inf, True),
        (loss, LARGE, False),
    )
    for function, limit, is_gradient in tries:
        birth = first_birth(function, arguments, filename, limit)
        if birth is not None:
            return Replay(
                birth,
                has_finite_weights=True,
                is_in_gradient=is_gradient,
                is_large=bool(np.isfinite(limit)),
            )
    return Replay(None, has_finite_weights=True, is_in_gradient=False, is_large=False)
