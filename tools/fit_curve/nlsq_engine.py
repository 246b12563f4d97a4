"""NLSQ's trust-region descent, for bounds, robust losses and large data. Runs in the worker."""

import contextlib
import logging
import os
import tempfile
import warnings
from collections.abc import Generator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.fit_curve.curve import Curve, Floats
from jax_workbench.tools.fit_curve.objective import Rows
from jax_workbench.tools.fit_curve.robust_loss import SQUARED, Loss

SWITCHES = ("NLSQ_DISABLE_X64", "NLSQ_DISABLE_PERSISTENT_CACHE", "NLSQ_SKIP_GPU_CHECK")
"""Each keeps `import nlsq` from changing JAX's configuration for the whole process."""


def nlsq_descend(curve: Curve, rows: Rows, theta: Floats, loss: Loss = SQUARED) -> Floats | None:
    """Where NLSQ ends from `theta`; None where it raises or gives no finite numbers.

    Its word is never the last: its ends are compared by cost with our own, and polished.
    """
    curve_fit = load_curve_fit()
    seen = rows.weight > 0
    x, y, sigma = rows.x[:, seen], rows.y[seen], 1 / rows.weight[seen]

    def model(x: jax.Array, *parameters: jax.Array) -> jax.Array:
        return curve(x.reshape(rows.x.shape[0], -1), jnp.stack(parameters))

    low, high = curve.low, curve.high
    # TRF wants its start strictly inside.
    margin = 1e-8 * np.where(np.isfinite(high - low), high - low, np.maximum(np.abs(theta), 1))
    inside = np.clip(theta, low + margin, high - margin)
    options: dict[str, Any] = {}
    if np.isfinite(low).any() or np.isfinite(high).any():
        options["bounds"] = (low, high)
    if loss.name != "linear":
        options.update(loss=loss.name, f_scale=loss.threshold)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"), plain_promotion():
            warnings.simplefilter("ignore")
            found = curve_fit(
                model,
                x[0] if x.shape[0] == 1 else x,
                y,
                p0=inside,
                sigma=sigma,
                absolute_sigma=True,
                **options,
            )
    except Exception:  # noqa: BLE001 - whatever it raises, our own descent stands
        return None
    end = np.asarray(getattr(found, "popt", None), float)
    return end if end.shape == theta.shape and np.isfinite(end).all() else None


@contextlib.contextmanager
def plain_promotion() -> Generator[None]:
    """JAX's own rules for ranks and types, which NLSQ's arithmetic is written for."""
    with jax.numpy_rank_promotion("allow"), jax.numpy_dtype_promotion("standard"):
        yield


def load_curve_fit() -> Any:
    """`nlsq.curve_fit`, imported so that nothing else of the process changes."""
    for switch in SWITCHES:
        os.environ.setdefault(switch, "1")
    handlers = logging.root.handlers[:]
    with tempfile.TemporaryDirectory() as scratch, contextlib.chdir(scratch):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import nlsq  # noqa: PLC0415 - its import has side effects that most fits need not pay
        logging.getLogger("nlsq").setLevel(logging.ERROR)
    logging.root.handlers[:] = handlers
    engine: Any = nlsq
    return engine.curve_fit
