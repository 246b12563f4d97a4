"""mlp, cnn and autoencoder on rows of numbers. Runs in the worker."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.train_tiny_model.losses import expected_loss, loss_named
from jax_workbench.tools.train_tiny_model.metrics import METRICS, Metric, accuracy, r2
from jax_workbench.tools.train_tiny_model.presets.layers import Conv2dMatmul, Mlp, max_pool_2x2
from jax_workbench.tools.train_tiny_model.problem import Batch, Problem, Recipe, built
from jax_workbench.tools.train_tiny_model.rows import Array, Rows, Source, Split

WIDTH = 128
CHANNELS = (32, 64)
CODE_WIDTH = 12
N_EPOCHS = 60
MAX_AUTO_STEPS = 1500
TINY = 1e-8


class Scaled(nnx.Module):
    """A model whose inputs and outputs are in the data's own units."""

    def __init__(self, inner: Any, x: Array, y: Array | None, *, is_image: bool = False) -> None:
        """Centre and scale by the training rows `x`, and `y` where it is to be predicted.

        The pixels of an image are scaled alike: one that is nearly always blank must not weigh
        more than the others.
        """
        self.inner = inner
        columns = x.reshape(-1, 1) if is_image else x
        self.x_mean = nnx.Cache(jnp.asarray(columns.mean(0)))
        self.x_scale = nnx.Cache(scale_of(columns))
        self.is_number = y is not None
        target = np.zeros((2, 1), np.float32) if y is None else y.reshape(len(y), -1)
        self.y_mean = nnx.Cache(jnp.asarray(target.mean(0)))
        self.y_scale = nnx.Cache(scale_of(target))

    def __call__(self, x: Any) -> Any:
        """Predictions in the units of the targets."""
        found = self.inner((x - self.x_mean[...]) / self.x_scale[...])
        return found * self.y_scale[...] + self.y_mean[...] if self.is_number else found


class SmallCnn(nnx.Module):
    """Two 3 x 3 layers with pooling, then a dense layer; inputs are flat rows."""

    def __init__(self, shape: tuple[int, int, int], n_outputs: int, *, rngs: nnx.Rngs) -> None:
        """`shape`: height, width, channels of an image."""
        height, width, channels = self.shape = shape
        self.pools = tuple(height % 2**k == 0 and width % 2**k == 0 for k in (1, 2))
        self.first = Conv2dMatmul(channels, CHANNELS[0], 3, rngs=rngs)
        self.second = Conv2dMatmul(CHANNELS[0], CHANNELS[1], 3, rngs=rngs)
        shrunk = 2 ** sum(self.pools)
        flat = (height // shrunk) * (width // shrunk) * CHANNELS[1]
        self.top = Mlp((flat, 64, n_outputs), rngs=rngs)

    def __call__(self, x: Any) -> Any:
        """Shape (n, height * width * channels) to (n, n_outputs)."""
        x = x.reshape(len(x), *self.shape)
        for layer, has_pool in zip((self.first, self.second), self.pools, strict=True):
            x = jax.nn.relu(layer(x))
            x = max_pool_2x2(x) if has_pool else x
        return self.top(x)


class Autoencoder(nnx.Module):
    """Rows through a narrow code and back."""

    def __init__(self, width: int, *, rngs: nnx.Rngs) -> None:
        """`width` of a row."""
        self.encoder = Mlp((width, 96, min(CODE_WIDTH, max(1, width // 2))), rngs=rngs)
        self.decoder = Mlp((min(CODE_WIDTH, max(1, width // 2)), 96, width), rngs=rngs)

    def __call__(self, x: Any) -> Any:
        """Same shape."""
        return self.decoder(self.encoder(x.reshape(len(x), -1))).reshape(x.shape)


def scale_of(x: Array) -> Any:
    """Standard deviation of each column, 1 where it is constant."""
    sd = x.std(0)
    return jnp.asarray(np.where(sd > TINY, sd, 1.0), jnp.float32)


def supervised(model: str, source: Source, split: Split, loss: str, metric: str) -> Problem:
    """The problem of a preset on rows of numbers.

    Raises:
        ToolError: `bad_argument` where the data do not suit the model.
    """
    if source.kind not in {"classes", "numbers"}:
        raise ToolError(
            "bad_argument",
            f"model {model} takes rows of numbers; {source.name} holds {source.kind}.",
            "Use transformer_lm for text and tokens, pinn for differential equations.",
        )
    if model == "autoencoder":
        return autoencoder(source, split)
    is_classes = source.kind == "classes"
    n_outputs = n_outputs_of(split, is_classes=is_classes)
    chosen, function = loss_named(loss, is_classes=is_classes)
    train = split.train
    # In units of the targets' own spread, so that one learning rate does for all.
    sd = 1.0 if is_classes else float(np.nanstd(train.y)) or 1.0

    def build(rngs: nnx.Rngs) -> Any:
        if model == "cnn":
            return SmallCnn(image_of(source), n_outputs, rngs=rngs)
        inner = Mlp((int(np.prod(train.x.shape[1:])), WIDTH, WIDTH, n_outputs), rngs=rngs)
        is_image = source.image is not None
        return Scaled(inner, train.x, None if is_classes else train.y, is_image=is_image)

    def objective(network: Any, batch: Batch, key: Any) -> Any:
        del key
        outputs, y = network(batch[0]), batch[1]
        return function(outputs, y) if is_classes else function(outputs / sd, y / sd)

    expected, rule = expected_loss(chosen, train.y, n_outputs)
    if not is_classes:
        expected, rule = 1.0, "variance of the scaled targets: outputs near their mean"
    return Problem(
        model,
        source,
        split,
        built(build),
        objective,
        recipe_for(model, len(train), source),
        metric_named(metric, accuracy() if is_classes else r2()),
        augment=shifted(source) if model == "cnn" and source.name == "digits" else None,
        expected_init_loss=expected,
        expected_rule=rule,
        n_outputs=n_outputs if is_classes else None,
        is_logits=is_classes,
    )


def n_outputs_of(split: Split, *, is_classes: bool) -> int:
    """Classes of the training rows, or numbers of a target."""
    if not is_classes:
        return int(np.prod(split.train.y.shape[1:]))
    largest = float(np.nanmax(np.append(split.train.y, split.validation.y)))
    return max(2, int(largest) + 1)


def image_of(source: Source) -> tuple[int, int, int]:
    """Shape of a row as an image.

    Raises:
        ToolError: `bad_argument` where a row is none.
    """
    if source.image is not None:
        return source.image
    shape = source.rows.x.shape[1:]
    if len(shape) == 3:  # noqa: PLR2004 - height, width, channels
        return shape
    if len(shape) == 2:  # noqa: PLR2004 - height, width
        return (*shape, 1)
    side = round(shape[0] ** 0.5)
    if side * side == shape[0] and side > 3:  # noqa: PLR2004 - a kernel's width
        return side, side, 1
    raise ToolError(
        "bad_argument",
        f"model cnn takes images; a row of {source.name} has shape {shape}.",
        "Give x of shape (n, height, width[, channels]), or use model mlp.",
    )


def recipe_for(model: str, n_train: int, source: Source) -> Recipe:
    """Steps and rate that suit most small sets."""
    batch = int(min(128, max(16, n_train // 8)))
    steps = int(np.clip(N_EPOCHS * n_train / batch, 300, MAX_AUTO_STEPS))
    rate = 5e-3 if model == "cnn" else 2e-3
    recipe = Recipe(round(steps, -2), batch, learning_rate=rate, weight_decay=1e-3)
    if source.name == "digits" and model == "cnn":
        return replace(recipe, steps=900, batch_size=128, weight_decay=1e-2, ema=0.99)
    return recipe


def shifted(source: Source) -> Any:
    """Moves each image by up to one pixel, with zeros coming in."""
    height, width, channels = image_of(source)

    def augment(batch: Batch, key: Any) -> Batch:
        x, y = batch
        images = x.reshape(len(x), height, width, channels)
        padded = jnp.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
        at = jax.random.randint(key, (len(x), 2), 0, 3)
        rows = jnp.arange(height)[None, :] + at[:, :1]
        columns = jnp.arange(width)[None, :] + at[:, 1:]
        n = jnp.arange(len(x))[:, None, None]
        moved = padded[n, rows[:, :, None], columns[:, None, :]]
        return moved.reshape(x.shape), y

    return augment


def autoencoder(source: Source, split: Split) -> Problem:
    """Rows to be given back."""
    parts = [Rows(p.x, p.x) for p in (split.train, split.validation, split.test)]
    own = Split(parts[0], parts[1], parts[2], is_own_test=split.is_own_test)
    spread = float(np.nanvar(split.train.x - split.train.x.mean(0))) or 1.0

    def build(rngs: nnx.Rngs) -> Any:
        width = int(np.prod(split.train.x.shape[1:]))
        inner = Autoencoder(width, rngs=rngs)
        return Scaled(inner, split.train.x, split.train.x)

    def objective(network: Any, batch: Batch, key: Any) -> Any:
        del key
        return jnp.mean((network(batch[0]) - batch[1]) ** 2) / spread

    recipe = replace(recipe_for("autoencoder", len(split.train), source), steps=1500)
    return Problem(
        "autoencoder",
        source,
        own,
        built(build),
        objective,
        recipe,
        r2(),
        expected_init_loss=1.0,
        expected_rule="variance of the rows: outputs near their mean",
    )


def metric_named(name: str, usual: Metric) -> Metric:
    """The metric that was asked for.

    Raises:
        ToolError: `bad_argument`, with what there is.
    """
    if not name:
        return usual
    if name not in METRICS:
        raise ToolError(
            "bad_argument", f"metric: there is no {name!r}.", f"Use {', '.join(METRICS)}."
        )
    return METRICS[name]()
