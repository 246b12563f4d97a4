"""The training step and its compiled loop. Runs in the worker."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from jax_workbench.tools.train_tiny_model.optimizers import Transform
from jax_workbench.tools.train_tiny_model.problem import Batch, Problem, Recipe
from jax_workbench.tools.train_tiny_model.untyped import jit, nnx, optax
from jax_workbench.tools.train_tiny_model.untyped import tree as trees

TINY = 1e-12


class Carry(NamedTuple):
    """What one step hands to the next."""

    params: Any
    rest: Any
    """Running statistics, counts and keys of dropout."""
    opt_state: Any
    average: Any
    """Moving average of the weights, or nothing."""


@dataclass(frozen=True)
class Step:
    """The pieces of a training step."""

    graphdef: Any
    transform: Transform
    loss: Callable[[Any, Batch, Any], Any]
    augment: Callable[[Batch, Any], Batch] | None
    recipe: Recipe
    is_unrolled: bool = False
    """A batch's parts are written out one by one, not looped over."""

    def objective(self, params: Any, rest: Any, batch: Batch, key: Any) -> tuple[Any, Any]:
        """Loss, and what the model's own state became."""
        low = self.recipe.precision == "bfloat16"
        # copy: `rest` belongs to the outer trace, whose variables must not be changed in this one.
        model = nnx.merge(self.graphdef, lowered(params) if low else params, rest, copy=True)
        if low:
            batch = (lowered(batch[0]), batch[1])
        loss = self.loss(model, batch, key)
        return loss.astype(jnp.promote_types(loss.dtype, jnp.float32)), nnx.state(
            model, nnx.Not(nnx.Param)
        )

    def gradients(self, params: Any, rest: Any, batch: Batch, key: Any) -> tuple[Any, Any]:
        """Loss and new state, and the gradients; over the batch's parts, their mean."""
        gradients_of = jax.value_and_grad(self.objective, has_aux=True)
        n = self.recipe.batch_parts
        if n == 1:
            return gradients_of(params, rest, batch, key)
        parts = trees.map(lambda a: a.reshape(n, a.shape[0] // n, *a.shape[1:]), batch)

        def add(sofar: tuple[Any, Any, Any], part: tuple[Batch, Any]) -> tuple[Any, Any]:
            params, total, rest = sofar
            (loss, rest), grads = gradients_of(params, rest, part[0], part[1])
            return (params, trees.map(lambda a, g: a + g / n, total, grads), rest), loss

        keys = jax.random.split(key, n)
        sofar: tuple[Any, Any, Any] = (params, zeros_like(params), rest)
        if self.is_unrolled:
            losses: list[Any] = []
            for at in range(n):
                # Weights from behind the part before: else all parts may be in memory at once.
                sofar = jax.lax.optimization_barrier(sofar)
                sofar, loss = add(sofar, (row_of(parts, at), keys[at]))
                losses.append(loss)
            _, grads, rest = sofar
            return (jnp.stack(losses).mean(), rest), grads
        (_, grads, rest), every = jax.lax.scan(add, sofar, (parts, keys))
        return (every.mean(), rest), grads

    def __call__(self, carry: Carry, number: Any, index: Any, rows: Batch, key: Any) -> Any:
        """One step; returns the next carry and what was seen on the way."""
        own = jax.random.fold_in(key, number)
        batch = (rows[0][index], rows[1][index])
        if self.augment is not None:
            batch = self.augment(batch, own)
        params, rest = carry.params, carry.rest
        (loss, new_rest), grads = self.gradients(params, rest, batch, own)
        if self.recipe.name == "lbfgs":

            def value_at(weights: Any) -> Any:
                return self.objective(weights, rest, batch, own)[0]

            updates, opt_state = self.transform.update(
                grads,
                carry.opt_state,
                params,
                value=loss,
                grad=grads,
                value_fn=value_at,
            )
        else:
            updates, opt_state = self.transform.update(grads, carry.opt_state, params)
        new = optax.apply_updates(params, updates)
        decay = self.recipe.ema
        average = carry.average
        if decay > 0:
            # A short average while there is little to average over.
            own_decay = jnp.minimum(decay, (1.0 + number) / (10.0 + number)).astype(jnp.float32)
            average = trees.map(
                lambda a, p: (own_decay * a + (1 - own_decay) * p).astype(p.dtype), average, new
            )
        seen = {
            "loss": loss,
            "leaf_norm": jnp.stack([norm_of(g) for g in trees.leaves(grads)]),
            "update_ratio": norm_of(updates) / (norm_of(params) + TINY),
        }
        return Carry(new, new_rest, opt_state, average), seen


def norm_of(tree: Any) -> Any:
    """Euclidean norm of all entries, in 32 bits at least."""

    def wide(a: Any) -> Any:
        return a.astype(jnp.promote_types(a.dtype, jnp.float32))

    return optax.tree.norm(trees.map(wide, tree))


def row_of(tree: Any, at: int) -> Any:
    """Row `at` of every array."""

    def row(a: Any) -> Any:
        return a[at]

    return trees.map(row, tree)


def zeros_like(tree: Any) -> Any:
    """Zeros of the same shapes and types."""

    def zeros(a: Any) -> Any:
        return jnp.zeros_like(a)

    return trees.map(zeros, tree)


def lowered(tree: Any) -> Any:
    """Floats as bfloat16; the weights that are updated stay as they are."""

    def low(a: Any) -> Any:
        return a.astype(jnp.bfloat16) if jnp.issubdtype(a.dtype, jnp.floating) else a

    return trees.map(low, tree)


def start(problem: Problem, recipe: Recipe, transform: Transform, seed: int) -> tuple[Any, Carry]:
    """The model's structure and the state of step 0."""
    graphdef, params, rest = nnx.split(problem.build(seed), nnx.Param, ...)
    average = params if recipe.ema > 0 else ()
    carry = Carry(params, rest, jax.jit(transform.init)(params), average)
    # Copies: the first call will delete what it is given.
    return graphdef, copied(carry)


def copied[T](tree: T) -> T:
    """The same values in buffers of their own."""
    return copy_all(tree)


@jit
def copy_all(tree: Any) -> Any:
    """All arrays in one program."""
    return trees.map(jnp.copy, tree)


def looped(step: Step) -> Callable[..., Any]:
    """A scan over steps: (carry, numbers (k,), index (k, batch), rows, key) -> (carry, seen)."""

    def chunk(carry: Carry, numbers: Any, index: Any, rows: Batch, key: Any) -> Any:
        def one(c: Carry, z: tuple[Any, Any]) -> Any:
            return step(c, z[0], z[1], rows, key)

        return jax.lax.scan(one, carry, (numbers, index))

    return chunk


def one_by_one(compiled: Callable[..., Any]) -> Callable[..., Any]:
    """The same as `looped`, with the loop in Python."""

    def chunk(carry: Carry, numbers: Any, index: Any, rows: Batch, key: Any) -> Any:
        every: list[Any] = []
        for number, own in zip(numbers, index, strict=True):
            carry, seen = compiled(carry, number, own, rows, key)
            every.append(seen)
        seen = {name: jnp.stack([one[name] for one in every]) for name in every[0]}
        return carry, seen

    return chunk
