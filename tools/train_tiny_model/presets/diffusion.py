"""Denoising diffusion on points and small images. Runs in the worker."""

import math
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
from flax import nnx
from scipy import stats

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.train_tiny_model.generated import GENERATED
from jax_workbench.tools.train_tiny_model.mmd import bandwidths, gaussian_like, mmd2
from jax_workbench.tools.train_tiny_model.plot import png_of
from jax_workbench.tools.train_tiny_model.presets.layers import Mlp
from jax_workbench.tools.train_tiny_model.problem import Batch, Ending, Problem, Recipe, built
from jax_workbench.tools.train_tiny_model.rows import Array, Rows, Source, Split

N_LEVELS = 100
N_WAVES = 16
N_DRAWN = 1000
N_SETS = 5
"""Sets of samples, whose scatter gives the interval."""
MAX_DIMENSIONS = 1024
GENERATED_POINTS = frozenset(("moons", "spirals", "swiss_roll"))
SHOWN = 16


class Denoiser(nnx.Module):
    """The noise in a row, given the row and how noisy it is."""

    def __init__(self, width: int, hidden: int, *, rngs: nnx.Rngs) -> None:
        """`width` of a row."""
        sizes = (width + 2 * N_WAVES, hidden, hidden, hidden, width)
        self.body = Mlp(sizes, rngs=rngs, activation=jax.nn.silu)

    def __call__(self, x: Any, level: Any) -> Any:
        """Shapes (n, width) and (n,) to (n, width)."""
        waves = 2.0 ** jnp.linspace(0.0, 6.0, N_WAVES)
        phase = level[:, None].astype(jnp.float32) / N_LEVELS * waves * math.pi
        return self.body(jnp.concatenate([x, jnp.sin(phase), jnp.cos(phase)], -1))


def kept_shares() -> Array:
    """Share of the signal's variance left at each level, shape (N_LEVELS,).

    Source:
        A. Nichol, P. Dhariwal, Improved Denoising Diffusion Probabilistic Models (2021), eq. 17.
    """
    t = np.arange(N_LEVELS + 1) / N_LEVELS
    f = np.cos((t + 0.008) / 1.008 * math.pi / 2) ** 2
    beta = np.clip(1 - f[1:] / f[:-1], 0, 0.999)
    return np.cumprod(1 - beta).astype(np.float32)


@partial(nnx.jit, static_argnums=(1, 2))
def drawn(model: Any, n: int, width: int, key: Any) -> Any:
    """Rows by ancestral sampling, shape (n, width).

    Source:
        J. Ho, A. Jain, P. Abbeel, Denoising Diffusion Probabilistic Models (2020), algorithm 2.
    """
    kept = jnp.asarray(kept_shares())
    before = jnp.concatenate([jnp.ones(1), kept[:-1]])
    beta = 1 - kept / before

    def one(x: Any, level: Any) -> tuple[Any, None]:
        noise = model(x, jnp.full(n, level))
        clean = (x - jnp.sqrt(1 - kept[level]) * noise) / jnp.sqrt(kept[level])
        clean = jnp.clip(clean, -5.0, 5.0)
        from_clean = jnp.sqrt(before[level]) * beta[level] / (1 - kept[level])
        from_x = jnp.sqrt(1 - beta[level]) * (1 - before[level]) / (1 - kept[level])
        sd = jnp.sqrt(beta[level] * (1 - before[level]) / (1 - kept[level]))
        fresh = jax.random.normal(jax.random.fold_in(key, level), x.shape)
        return from_clean * clean + from_x * x + sd * fresh, None

    first = jax.random.normal(key, (n, width))
    return jax.lax.scan(one, first, jnp.arange(N_LEVELS - 1, -1, -1))[0]


def diffusion(source: Source, split: Split) -> Problem:
    """Samples like the rows of `source`; its targets are not used.

    Raises:
        ToolError: `bad_argument` where rows are no numbers, or too long.
    """
    width = int(np.prod(split.train.x.shape[1:]))
    if source.kind not in {"classes", "numbers"} or width > MAX_DIMENSIONS:
        raise ToolError(
            "bad_argument",
            f"model diffusion takes rows of up to {MAX_DIMENSIONS} numbers; {source.name} does not "
            "have them.",
            "Use moons, spirals, swiss_roll, digits or a file of numbers.",
        )
    flat = split.train.x.reshape(-1, width)
    mean, scale = flat.mean(0), float(flat.std()) if source.image else flat.std(0) + 1e-8
    parts = [
        Rows(((p.x.reshape(-1, width) - mean) / scale).astype(np.float32), np.zeros(len(p)))
        for p in (split.train, split.validation, split.test)
    ]
    own = Split(parts[0], parts[1], parts[2], is_own_test=split.is_own_test)
    kept = kept_shares()
    hidden = 128 if width <= 8 else 256  # noqa: PLR2004 - points or images

    def objective(model: Any, batch: Batch, key: Any) -> Any:
        x = batch[0]
        for_level, for_noise = jax.random.split(key)
        level = jax.random.randint(for_level, (len(x),), 0, N_LEVELS)
        noise = jax.random.normal(for_noise, x.shape)
        share = jnp.asarray(kept)[level][:, None]
        found = model(jnp.sqrt(share) * x + jnp.sqrt(1 - share) * noise, level)
        return jnp.mean((found - noise) ** 2)

    ending = partial(ended, source=source, split=own, mean=mean, scale=scale)
    return Problem(
        "diffusion",
        source,
        own,
        built(lambda rngs: Denoiser(width, hidden, rngs=rngs)),
        objective,
        Recipe(4000, 256, learning_rate=2e-3, ema=0.998, weight_decay=0.0, patience=1.0),
        None,
        expected_init_loss=1.0,
        expected_rule="variance of the noise: outputs near zero",
        ending=ending,
    )


def ended(  # noqa: PLR0913 - each is one fact of the problem
    model: Any, n_samples: int, *, source: Source, split: Split, mean: Any, scale: Any
) -> Ending:
    """Distance of samples to fresh rows, beside the distance of real rows to each other."""
    width = split.train.x.shape[1]
    draws = [
        np.asarray(drawn(model, N_DRAWN, width, jax.random.key(k)), np.float64)
        for k in range(N_SETS)
    ]
    real = [fresh_rows(source, split, mean, scale, k) for k in range(2 * N_SETS)]
    widths = bandwidths(real[0])
    found = [mmd2(a, b, widths) for a, b in zip(draws, real[:N_SETS], strict=True)]
    floor = [mmd2(a, b, widths) for a, b in zip(real[N_SETS:], real[:N_SETS], strict=True)]
    gaussian = [mmd2(gaussian_like(real[0], N_DRAWN, k), real[k], widths) for k in range(N_SETS)]
    half = float(stats.t.ppf(0.975, N_SETS - 1) * np.std(found, ddof=1) / math.sqrt(N_SETS))
    value = float(np.mean(found))
    units = draws[0] * scale + mean
    picture = picture_of(units, real[0] * scale + mean, source)
    shown: list[Any] = np.asarray(units[:n_samples], float).round(4).tolist()
    return Ending(
        "mmd2",
        value,
        value - half,
        value + half,
        float(np.mean(gaussian)),
        {
            "real_against_real": [float(np.mean(floor)), float(np.std(floor, ddof=1))],
            "is_held_out_reused": source.name not in GENERATED_POINTS,
        },
        {"samples.png": picture},
        tuple(shown),
    )


def fresh_rows(source: Source, split: Split, mean: Any, scale: Any, k: int) -> Array:
    """Rows that nobody has seen: made anew, or else drawn from the test part."""
    rng = np.random.default_rng([k, 11])
    if source.name in GENERATED_POINTS:
        made: Any = GENERATED[source.name]
        x = made(N_DRAWN, 1000 + k).rows.x
        return ((x - mean) / scale).astype(np.float64)
    test = split.test.x
    half = rng.permutation(len(test))[: max(2, len(test) // 2)]
    return test[half].astype(np.float64)


def picture_of(samples: Array, real: Array, source: Source) -> bytes:
    """Samples beside real rows, as PNG."""
    figure = plt.figure(figsize=(8, 4), layout="constrained")
    axes: Any = figure.subplots(1, 2)
    for axis, rows, title in zip(axes, (real, samples), ("data", "samples"), strict=True):
        axis.set_title(title)
        if source.image is not None:
            height, width, _ = source.image
            tiles = rows[:SHOWN, : height * width].reshape(4, 4, height, width)
            axis.imshow(tiles.transpose(0, 2, 1, 3).reshape(4 * height, 4 * width), cmap="gray_r")
            axis.set_axis_off()
        else:
            last = 2 if rows.shape[1] > 2 else rows.shape[1] - 1  # noqa: PLR2004 - first and third
            axis.plot(rows[:, 0], rows[:, last], ".", ms=2, alpha=0.6)
    if source.image is None:
        axes[1].set_xlim(axes[0].get_xlim())
        axes[1].set_ylim(axes[0].get_ylim())
    return png_of(figure)
