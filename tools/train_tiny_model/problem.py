"""What is trained: a model, a loss, rows, and how it is scored. Runs in the worker."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jax

from jax_workbench.tools.train_tiny_model.metrics import Metric
from jax_workbench.tools.train_tiny_model.rows import Source, Split
from jax_workbench.tools.train_tiny_model.untyped import nnx

type Model = Any
type Batch = tuple[Any, Any]


def called(model: Any, x: Any) -> Any:
    """What the model says of `x`."""
    return model(x)


@dataclass(frozen=True)
class Recipe:
    """How it is trained, every default filled in."""

    steps: int
    batch_size: int
    name: str = "adamw"
    learning_rate: float = 1e-3
    schedule: str = "warmup_cosine"
    warmup_steps: int = 20
    weight_decay: float = 1e-4
    clip_norm: float = 0.0
    ema: float = 0.0
    accumulate: int = 1
    batch_parts: int = 1
    """Equal parts that a batch is taken in, one after the other, for lack of memory."""
    precision: str = "float32"
    patience: float = 0.4
    """Share of the steps without a better validation loss after which training stops."""


@dataclass(frozen=True)
class Ending:
    """A score that is no ratio over rows, such as a distance between samples."""

    name: str
    value: float
    ci_low: float | None
    ci_high: float | None
    baseline: float
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    pictures: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    samples: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Problem:
    """One thing to learn."""

    name: str
    source: Source
    split: Split
    build: Callable[[int], Model]
    """From a seed."""
    loss: Callable[[Model, Batch, Any], Any]
    """(model, batch, key) -> scalar."""
    defaults: Recipe
    metric: Metric | None
    forward: Callable[[Model, Any], Any] = called
    """(model, inputs) -> what the metric takes."""
    augment: Callable[[Batch, Any], Batch] | None = None
    """(batch, key) -> what is trained on instead."""
    expected_init_loss: float | None = None
    expected_rule: str = ""
    n_outputs: int | None = None
    """Classes that the outputs can tell apart."""
    is_logits: bool = False
    """The loss takes the outputs as logits of classes."""
    ending: Callable[[Model, int], Ending] | None = None
    """(trained model, how many samples to show) -> its score by other means."""
    loss_code: str = ""
    """Name of the file whose lines are the caller's."""
    own_step: Callable[[Model, Any, Batch], Any] | None = None
    """The caller's `train_step(model, optimizer, batch)`."""
    own_optimizer: Callable[[], Any] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])


def inference_view(model: Model) -> Model:
    """`model` without dropout and with running statistics."""
    return nnx.view(model, raise_if_not_found=False, deterministic=True, use_running_average=True)


def built(build: Callable[[Any], Model]) -> Callable[[int], Model]:
    """Makes a model from a seed in one compiled program; layer by layer takes some seconds."""

    def from_key(key: Any) -> Model:
        return build(nnx.Rngs(key))

    compiled = nnx.jit(from_key)
    return lambda seed: compiled(jax.random.key(seed))
