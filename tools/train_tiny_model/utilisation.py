"""How much of the device's peak the training reaches (MFU). Runs in the worker.

Source:
    Chowdhery et al., PaLM: scaling language modeling with pathways (2022), appendix B: the flops of
    the model's matrix products alone over the peak, whatever else the device does.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.common.square_product import square_matrices
from jax_workbench.tools.train_tiny_model.jaxpr_walk import inner_jaxprs, shape_of

PROBE_S = 0.1
MIN_BLOCKS = 3


@dataclass(frozen=True)
class Utilisation:
    """The share of the peak, or why there is none."""

    mfu: float | None
    reason: str
    peak_gflops_per_s: float | None = None
    product_flops_per_step: float | None = None

    def facts(self) -> dict[str, Any]:
        """As the answer tells it."""
        return {
            "mfu": self.mfu,
            "mfu_reason": self.reason,
            "peak_gflops_per_s": self.peak_gflops_per_s,
            "product_flops_per_step": self.product_flops_per_step,
        }


def utilisation_of(jaxpr: Any, steps_per_s: float | None, *, kind: str) -> Utilisation:
    """Share of the measured peak that the training's matrix products reach.

    Args:
        jaxpr: Of one step; None where the step is the caller's own.
        steps_per_s: Of the whole run, looks at validation included.
        kind: Type of the products, a name of `square_product.DTYPES`.
    """
    if jaxpr is None:
        return Utilisation(None, "The caller's own train_step is not traced.")
    flops = product_flops(jaxpr)
    if flops is None:
        return Utilisation(None, "A loop of unknown length holds matrix products or convolutions.")
    if not flops or not steps_per_s:
        return Utilisation(None, "No step was run, or its step has no matrix product.")
    peak = peak_flops_per_s(kind)
    share = flops * steps_per_s / peak
    reason = (
        f"Matrix products of a step over the {peak / 1e9:.3g} GFLOP/s that a square product of the "
        "same type reached right after training."
    )
    return Utilisation(float(f"{share:.3g}"), reason, float(f"{peak / 1e9:.4g}"), flops)


def every(equation: Any) -> bool:
    """Count all of them."""
    del equation
    return True


def product_flops(jaxpr: Any, is_counted: Callable[[Any], bool] = every) -> float | None:
    """Flops of the matrix products and convolutions that count.

    None where a loop hides how many there are.
    """
    total = 0.0
    for equation in jaxpr.eqns:
        name: str = equation.primitive.name
        total += own_flops(name, equation) if is_counted(equation) else 0.0
        inner = [product_flops(part, is_counted) for part in inner_jaxprs(equation)]
        known = [part for part in inner if part is not None]
        if len(known) < len(inner) or (name == "while" and any(known)):
            return None
        # Of a cond's branches one is taken.
        once = max(known, default=0.0) if name == "cond" else sum(known)
        total += once * int(equation.params.get("length", 1))
    return total


def own_flops(name: str, equation: Any) -> float:
    """Flops of an equation that is a product or a convolution; 0 of any other."""
    if name == "dot_general":
        axes: tuple[int, ...] = equation.params["dimension_numbers"][0][0]
        left = shape_of(equation.invars[0])
        terms = math.prod(left[axis] for axis in axes)
    elif name == "conv_general_dilated":
        kernel = shape_of(equation.invars[1])
        outputs: int = equation.params["dimension_numbers"].rhs_spec[0]
        terms = math.prod(kernel) // kernel[outputs]
    else:
        return 0.0
    return 2.0 * math.prod(shape_of(equation.outvars[0])) * terms


def peak_flops_per_s(kind: str, now: Callable[[], float] = time.perf_counter) -> float:
    """The best that a square product reaches within a tenth of a second."""
    matrices, flops = square_matrices(kind)
    call = jax.jit(jnp.matmul).lower(*matrices).compile()
    jax.block_until_ready(call(*matrices))
    times: list[float] = []
    began = now()
    while len(times) < MIN_BLOCKS or now() - began < PROBE_S:
        start = now()
        jax.block_until_ready(call(*matrices))
        times.append(now() - start)
    return flops / max(float(np.min(times)), 1e-9)
