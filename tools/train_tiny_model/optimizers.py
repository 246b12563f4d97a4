"""Optimisers and schedules by name. Runs in the worker."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

import jax.numpy as jnp

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.train_tiny_model.problem import Recipe
from jax_workbench.tools.train_tiny_model.untyped import optax, tree

type Schedule = Callable[[Any], Any]
type Transform = Any
"""Of Optax, which ships no types."""

OPTIMIZERS = ("adamw", "adam", "sgd", "lion", "muon", "rmsprop", "lbfgs")
SCHEDULES = ("constant", "cosine", "warmup_cosine", "linear", "one_cycle", "exponential")
PRECISIONS = ("float32", "bfloat16")
SETTINGS = (
    "name",
    "learning_rate",
    "schedule",
    "warmup_steps",
    "weight_decay",
    "clip_norm",
    "ema",
    "accumulate",
    "precision",
)
BESIDE_ADAM = {"sgd": 30.0, "lion": 0.2, "muon": 5.0}
"""Usual rate of an optimiser, divided by Adam's for the same task."""
MOMENTUM = 0.9
N_LBFGS_MEMORY = 20


def with_settings(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    """`recipe` with the caller's `optimizer` settings.

    Raises:
        ToolError: `bad_argument`, with what there is.
    """
    if unknown := [key for key in settings if key not in SETTINGS]:
        raise bad(f"{', '.join(unknown)} is unknown.", f"Use {', '.join(SETTINGS)}.")
    kinds = {entry.name: entry.type for entry in fields(Recipe)}
    changes: dict[str, Any] = {}
    for key, value in settings.items():
        wants_text = kinds[key] in {str, "str"}
        if wants_text != isinstance(value, str) or isinstance(value, bool):
            raise bad(f"{key} is {value!r}.", "Give a name." if wants_text else "Give a number.")
        if not wants_text and not 0 <= value < 1e6:  # noqa: PLR2004 - no setting is larger
            raise bad(f"{key} is {value!r}.", "Give a number of at least 0.")
        changes[key] = value if wants_text else type(getattr(recipe, key))(value)
    if "learning_rate" in changes and "name" not in changes and recipe.name == "muon":
        # A rate on its own is meant for Adam, whose rates muon turns into standing still.
        changes["name"] = "adamw"
    name = changes.get("name", recipe.name)
    for key, known in (("name", OPTIMIZERS), ("schedule", SCHEDULES), ("precision", PRECISIONS)):
        if key in changes and changes[key] not in known:
            raise bad(f"there is no {key} {changes[key]!r}.", f"Use {', '.join(known)}.")
    if "learning_rate" not in changes and name != recipe.name:
        changes["learning_rate"] = usual_rate(name, recipe)
    if name == "lbfgs":
        changes = {**changes, "schedule": "constant", "clip_norm": 0.0, "accumulate": 1}
    changes["accumulate"] = max(1, int(changes.get("accumulate", recipe.accumulate)))
    return replace(recipe, **changes)


def usual_rate(name: str, recipe: Recipe) -> float:
    """A rate for another optimiser where `recipe` has one that does for its own."""
    if name == "lbfgs":
        return 1.0
    return recipe.learning_rate * BESIDE_ADAM.get(name, 1.0) / BESIDE_ADAM.get(recipe.name, 1.0)


def schedule_of(recipe: Recipe) -> Schedule:
    """Learning rate by step."""
    rate, steps = recipe.learning_rate, max(recipe.steps, 1)
    warm = min(recipe.warmup_steps, steps // 5)
    made: dict[str, Callable[[], Schedule]] = {
        "constant": lambda: optax.constant_schedule(rate),
        "cosine": lambda: optax.cosine_decay_schedule(rate, steps),
        "warmup_cosine": lambda: optax.warmup_cosine_decay_schedule(
            rate / 20 if warm else rate, rate, warm, max(steps, warm + 1), rate / 1000
        ),
        "linear": lambda: optax.linear_schedule(rate, 0.0, steps),
        "one_cycle": lambda: optax.cosine_onecycle_schedule(max(steps, 2), rate),
        "exponential": lambda: optax.exponential_decay(rate, steps, 0.01),
    }
    base = made[recipe.schedule]()
    if recipe.schedule in {"constant", "cosine", "linear", "exponential"} and warm:

        def warmed(step: Any) -> Any:
            return base(step) * jnp.minimum(1.0, (jnp.asarray(step) + 1) / warm)

        return warmed
    return base


def transform_of(recipe: Recipe, schedule: Schedule | None = None) -> Transform:
    """The optimiser, with clipping before it and accumulation around it."""
    rate = schedule or schedule_of(recipe)
    if recipe.name == "lbfgs":
        search = optax.scale_by_zoom_linesearch(max_linesearch_steps=20)
        return optax.lbfgs(memory_size=N_LBFGS_MEMORY, linesearch=search)
    decay = recipe.weight_decay
    core: dict[str, Callable[[], Transform]] = {
        "adamw": lambda: optax.adamw(rate, weight_decay=decay, mask=is_matrix),
        "adam": lambda: optax.adam(rate),
        "lion": lambda: optax.lion(rate, weight_decay=decay, mask=is_matrix),
        "muon": lambda: optax.contrib.muon(rate, weight_decay=decay),
        "rmsprop": lambda: optax.rmsprop(rate),
        "sgd": lambda: optax.chain(
            optax.add_decayed_weights(decay, mask=is_matrix), optax.sgd(rate, momentum=MOMENTUM)
        ),
    }
    chosen = core[recipe.name]()
    if recipe.clip_norm > 0:
        chosen = optax.chain(optax.clip_by_global_norm(recipe.clip_norm), chosen)
    if recipe.accumulate > 1:
        chosen = optax.MultiSteps(chosen, recipe.accumulate)
    return chosen


def is_matrix(params: Any) -> Any:
    """Which weights decay: those with at least two axes, so no biases and no gains."""

    def has_two_axes(leaf: Any) -> bool:
        return leaf.ndim > 1

    return tree.map(has_two_axes, params)


def bad(cause: str, next_step: str) -> ToolError:
    """Say what is wrong with the settings."""
    return ToolError("bad_argument", f"optimizer: {cause}", next_step)
