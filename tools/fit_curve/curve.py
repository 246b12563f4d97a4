"""A model as a function of its free parameters alone. Runs in the worker."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[Any]
type ModelFunction = Callable[[Sequence[jax.Array], Sequence[jax.Array]], jax.Array]
"""Predictors, each of shape (n,), and parameters, each a scalar or of shape (n,): values (n,)."""


@dataclass(frozen=True)
class Free:
    """One parameter that the fit may move."""

    name: str
    low: float = -np.inf
    high: float = np.inf
    start: float | None = None

    @property
    def is_bounded(self) -> bool:
        """Whether there is a limit on any side."""
        return bool(np.isfinite(self.low) or np.isfinite(self.high))


@dataclass(frozen=True)
class Slot:
    """Where one argument of the model comes from.

    Either `value` (fixed), or `tie` (a function of all other parameters), or `free`: positions in
    the free vector, one for all rows, or one for each data set.
    """

    name: str
    free: tuple[int, ...] = ()
    value: float | None = None
    tie: Callable[[Mapping[str, Any]], Any] | None = None


@dataclass(frozen=True)
class Curve:
    """Model with its free parameters; `x` has a row for each predictor, then the data set's number.

    The number of the data set is there only where `n_sets` > 1.
    """

    model: ModelFunction
    n_predictors: int
    free: tuple[Free, ...]
    slots: tuple[Slot, ...]
    n_sets: int = 1
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Keep the names at hand."""
        object.__setattr__(self, "names", tuple(f.name for f in self.free))

    def __call__(self, x: jax.Array, theta: jax.Array) -> jax.Array:
        """Values of shape (n,) at `x` of shape (rows, n)."""
        predictors = [x[k] for k in range(self.n_predictors)]
        values = self.arguments(theta, x[-1].astype(int) if self.n_sets > 1 else None)
        return self.model(predictors, [values[slot.name] for slot in self.slots])

    def arguments(self, theta: Any, sets: Any = None) -> dict[str, Any]:
        """All arguments of the model by name, tied ones included."""
        values: dict[str, Any] = {}
        for slot in self.slots:
            if slot.value is not None:
                values[slot.name] = jnp.asarray(slot.value)
            elif len(slot.free) == 1:
                values[slot.name] = theta[slot.free[0]]
            elif slot.free:
                values[slot.name] = theta[jnp.asarray(slot.free)][sets]
        for slot in self.slots:
            if slot.tie is not None:
                values[slot.name] = jnp.asarray(slot.tie(values))
        return values

    def of_one_set(self) -> "Curve":
        """The same model with one value of each parameter, for the rows of one data set."""
        free: list[Free] = []
        slots: list[Slot] = []
        for slot in self.slots:
            if slot.free:
                slots.append(Slot(slot.name, (len(free),)))
                free.append(replace(self.free[slot.free[0]], name=slot.name))
            else:
                slots.append(slot)
        return Curve(self.model, self.n_predictors, tuple(free), tuple(slots))

    @property
    def places_in_one_set(self) -> Floats:
        """Which parameter of `of_one_set` each free one is, (p,)."""
        places = np.zeros(len(self.free), int)
        for place, slot in enumerate(slot for slot in self.slots if slot.free):
            places[list(slot.free)] = place
        return places

    @property
    def low(self) -> Floats:
        """Lower bounds of the free parameters."""
        return np.array([f.low for f in self.free])

    @property
    def high(self) -> Floats:
        """Upper bounds of the free parameters."""
        return np.array([f.high for f in self.free])

    def draw_x(self, rng: np.random.Generator, n: int) -> Floats:
        """Random predictors of order one, for the curve of one data set."""
        return rng.uniform(0.5, 2, (self.n_predictors, n))
