"""The caller's own training step, and what it did to the weights. Runs in the worker."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.common.user_code import as_tool_error
from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.train_tiny_model.chunk import TINY, Carry, norm_of
from jax_workbench.tools.train_tiny_model.problem import Problem
from jax_workbench.tools.train_tiny_model.untyped import as_tuple, nnx, tree


def optimizer_state(params: Any, graphdef: Any, rest: Any, transform: Any) -> tuple[Any, Any]:
    """Structure and state of the `nnx.Optimizer` that the caller's step is given."""
    model = nnx.merge(graphdef, params, rest, copy=True)
    return nnx.split(nnx.Optimizer(model, transform, wrt=nnx.Param))


@jax.jit
def change(old: Any, new: Any) -> Any:
    """How far the weights moved, over their size."""
    return norm_of(tree.map(jnp.subtract, new, old)) / (norm_of(old) + TINY)


def own_chunk(problem: Problem, graphdef: Any, transform: Any) -> Callable[..., Any]:
    """The same as `chunk.looped`, with the caller's `train_step(model, optimizer, batch)`.

    The gradients are the caller's; `leaf_norm` says of each weight array how far it moved.
    """
    step = problem.own_step
    assert step is not None  # noqa: S101 - callers look first

    def chunk(carry: Carry, numbers: Any, index: Any, rows: Any, key: Any) -> Any:
        del key
        structure, _ = optimizer_state(carry.params, graphdef, carry.rest, transform)
        model = nnx.merge(graphdef, carry.params, carry.rest, copy=True)
        optimizer = nnx.merge(structure, carry.opt_state, copy=True)
        seen: dict[str, list[Any]] = {"loss": [], "leaf_norm": [], "update_ratio": []}
        for own, _ in zip(index, numbers, strict=True):
            before = tree.map(jnp.copy, nnx.state(model, nnx.Param))
            loss = called(problem, step, model, optimizer, (rows[0][own], rows[1][own]))
            after = nnx.state(model, nnx.Param)
            seen["loss"].append(loss)
            seen["update_ratio"].append(change(before, after))
            pairs = zip(tree.leaves(before), tree.leaves(after), strict=True)
            seen["leaf_norm"].append(jnp.stack([norm_of(b - a) for a, b in pairs]))
        _, params, rest = nnx.split(model, nnx.Param, ...)
        new = Carry(params, rest, nnx.state(optimizer), carry.average)
        return new, {name: np.stack([np.asarray(v) for v in vs]) for name, vs in seen.items()}

    return chunk


def called(
    problem: Problem, step: Callable[..., Any], model: Any, optimizer: Any, batch: Any
) -> Any:
    """The loss of one step: what it returned, or the loss before it where it returned none.

    Raises:
        ToolError: `user_code_failed` or `out_of_memory`, with the caller's own lines.
    """
    try:
        said = step(model, optimizer, batch)
    except ToolError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the caller's code raises is its answer
        raise as_tool_error(error, (problem.loss_code,)) from None
    parts = as_tuple(said)
    first: Any = parts[0] if parts else said
    if first is not None and np.size(first) == 1 and np.ndim(first) < 2:  # noqa: PLR2004 - a number
        return jnp.asarray(first, jnp.float32).reshape(())
    return jnp.asarray(problem.loss(model, batch, jax.random.key(0)), jnp.float32)
