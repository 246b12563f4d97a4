"""What was seen while training, as plain arrays. Runs in the worker."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]


@dataclass
class Trace:
    """One entry a step, from the first step of this call."""

    first_step: int = 0
    parts: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    evaluations: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])
    """(steps done, validation loss)."""
    _n_sound: int = 0
    """Parts without a bad entry, which are not looked at again, and their steps."""
    _sound_steps: int = 0

    def add(self, seen: Any) -> None:
        """Append what a chunk saw."""
        self.parts.append({k: np.asarray(v, np.float64) for k, v in seen.items()})

    def column(self, name: str) -> Floats:
        """All steps of one quantity."""
        if not self.parts:
            return np.zeros(0)
        return np.concatenate([part[name] for part in self.parts])

    @property
    def loss(self) -> Floats:
        """Training loss of each step, shape (n,)."""
        return self.column("loss")

    @property
    def leaf_norms(self) -> Floats:
        """Gradient norm of each weight array in each step, shape (n, leaves)."""
        return self.column("leaf_norm")

    @property
    def grad_norm(self) -> Floats:
        """Norm of the whole gradient, shape (n,)."""
        norms = self.leaf_norms
        return np.sqrt((norms**2).sum(-1)) if norms.ndim > 1 else norms

    @property
    def update_ratio(self) -> Floats:
        """Size of the update over the size of the weights, shape (n,)."""
        return self.column("update_ratio")

    def first_bad(self) -> int | None:
        """First entry whose loss or gradient is not finite."""
        for part in self.parts[self._n_sound :]:
            loss, norms = part["loss"], part["leaf_norm"]
            bad = ~np.isfinite(loss)
            if norms.ndim > 1 and norms.shape[1]:
                bad |= ~np.isfinite(norms).all(1)
            if bad.any():
                return self._sound_steps + int(np.argmax(bad))
            self._n_sound += 1
            self._sound_steps += len(loss)
        return None

    def smoothed(self, width: int) -> Floats:
        """Mean loss of consecutive stretches of `width` steps."""
        loss = self.loss
        n = max(1, len(loss) // width)
        return np.array([part.mean() for part in np.array_split(loss, n)])


def spread_of(values: Floats) -> dict[str, float | None]:
    """Quantiles of the finite entries, and the median of the first tenth of all."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return {}
    p10, median, p90 = np.quantile(finite, (0.1, 0.5, 0.9))
    early = values[: max(1, len(values) // 10)]
    early = early[np.isfinite(early)]
    return {
        "p10": float(p10),
        "median": float(median),
        "p90": float(p90),
        "first_tenth": float(np.median(early)) if len(early) else None,
    }
