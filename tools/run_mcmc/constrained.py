"""Draws in unconstrained space turned into the model's own parameters. Runs in the worker."""

from collections.abc import Callable
from typing import Any, cast

import jax
import numpy as np
from numpy.typing import NDArray

from jax_workbench.tools.run_mcmc.posterior import Point, Posterior
from jax_workbench.tools.run_mcmc.scalars import Draws

CHUNK = 250
"""Draws of one call, so that the program is compiled once whatever the number of draws."""
MAX_MIB = 200
"""Of draws that are kept; deterministic sites beyond it are left out."""


class Constrainer:
    """Turns draws into parameters and deterministic sites."""

    def __init__(self, posterior: Posterior, n_chains: int) -> None:
        """For draws of `n_chains` chains."""
        self.posterior = posterior
        self.left_out: list[str] = []
        """Deterministic sites too big to keep."""
        self._n_chains = n_chains
        self._constrain: Callable[[Any, Any], Any] | None = None

    def __call__(self, z: Draws) -> dict[str, NDArray[Any]]:
        """Parameters at `z`, both (chains, draws, ...) by site."""
        n = next(iter(z.values())).shape[1]
        constrain = self._constrain or self._compiled(z, n)
        self._constrain = constrain
        parts: list[dict[str, NDArray[Any]]] = []
        for begin in range(0, n, CHUNK):
            piece = {name: array[:, begin : begin + CHUNK] for name, array in z.items()}
            kept = next(iter(piece.values())).shape[1]
            padded = {name: pad(array, CHUNK) for name, array in piece.items()}
            made = constrain(padded, self.posterior.arrays)
            parts.append({name: np.asarray(array)[:, :kept] for name, array in made.items()})
        return {name: np.concatenate([part[name] for part in parts], axis=1) for name in parts[0]}

    def _compiled(self, z: Draws, n: int) -> Callable[[Any, Any], Any]:
        def one(point: Point, arrays: Any) -> Point:
            return self.posterior.constrain(point, arrays)

        example = {name: array[0, 0] for name, array in z.items()}
        shapes = jax.eval_shape(one, example, self.posterior.arrays)
        keep = self._kept(shapes, self._n_chains * n)

        def chunk(piece: Point, arrays: Any) -> Point:
            def row(points: Point) -> Point:
                def here(point: Point) -> Point:
                    return one(point, arrays)

                made = jax.vmap(here)(points)
                return {name: made[name] for name in keep}

            draws = {name: array.swapaxes(0, 1) for name, array in piece.items()}
            made = cast("Point", jax.lax.map(row, draws))
            return {name: array.swapaxes(0, 1) for name, array in made.items()}

        return jax.jit(chunk)

    def _kept(self, shapes: Any, n_draws: int) -> list[str]:
        """Sampled sites, and deterministic ones while they fit."""
        room = MAX_MIB * 2**20
        kept: list[str] = []
        by_size = sorted(shapes, key=lambda name: shapes[name].size)
        sampled = [name for name in shapes if name in self.posterior.example]
        for name in [*sampled, *(name for name in by_size if name not in sampled)]:
            room -= shapes[name].size * shapes[name].dtype.itemsize * n_draws
            if room > 0 or name in sampled:
                kept.append(name)
            else:
                self.left_out.append(name)
        return [name for name in shapes if name in kept]


def pad(array: NDArray[Any], length: int) -> NDArray[Any]:
    """`array` with its last draw repeated up to `length` draws."""
    missing = length - array.shape[1]
    if missing == 0:
        return array
    widths = [(0, 0), (0, missing), *[(0, 0)] * (array.ndim - 2)]
    return np.pad(array, widths, mode="edge")
