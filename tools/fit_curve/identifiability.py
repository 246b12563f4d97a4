"""Names what the data determine where single parameters are not. Runs in the worker."""

from collections.abc import Sequence

import numpy as np

from jax_workbench.tools.fit_curve.curve import Floats

WHOLE = 1e-3
SMALL = 1e-3
LARGEST = 3


def determined(
    null: Floats, theta: Floats, names: Sequence[str], linear: Sequence[int]
) -> tuple[list[int], str]:
    """The parameters of one null direction, and the combination that is known nevertheless.

    Whole ratios of relative changes belong to a product of powers, of absolute changes to a sum.

    Args:
        null: Direction along which the fit does not change, shape (p,).
        theta: The estimates.
        names: Of the parameters.
        linear: Those that the model is linear in: of them only sums can be known.
    """
    relative = null / np.where(theta == 0, 1.0, theta)
    inside = involved(relative) or involved(null)
    if len(inside) == 1:
        return inside, ""
    product = combination([relative[j] for j in inside])
    total = combination([null[j] for j in inside])
    words = [names[j] for j in inside]
    may_be_sum = total is not None and set(inside) <= set(linear)
    if (
        product is not None
        and not may_be_sum
        and (total is None or product_is_simpler(product, total))
    ):
        return inside, as_product(words, product)
    if total is not None:
        return inside, as_sum(words, total)
    return inside, f"some combination of {', '.join(words)}"


def involved(direction: Floats) -> list[int]:
    """Entries that are more than rounding."""
    size = np.abs(direction).max(initial=0.0)
    return [] if size == 0 else np.flatnonzero(np.abs(direction) > SMALL * size).tolist()


def combination(changes: Sequence[float]) -> tuple[int, ...] | None:
    """Whole exponents (or factors) that a change along `changes` leaves as they are.

    For two parameters the ratio itself; for more only the simple case in which all change alike or
    the opposite of the first.
    """
    first = changes[0]
    ratios = [change / first for change in changes]
    if len(ratios) == 2:  # noqa: PLR2004 - a pair
        for factor in range(1, LARGEST + 1):
            whole = round(ratios[1] * factor)
            if abs(ratios[1] * factor - whole) < WHOLE and 0 < abs(whole) <= LARGEST:
                return (-whole, factor) if whole < 0 else (whole, -factor)
        return None
    if all(abs(abs(ratio) - 1) < WHOLE for ratio in ratios):
        n_like = sum(ratio > 0 for ratio in ratios)
        n_unlike = len(ratios) - n_like
        if n_like == 1:
            return (n_unlike, *(1 for _ in range(n_unlike)))
    return None


def product_is_simpler(product: tuple[int, ...], total: tuple[int, ...]) -> bool:
    """Whether the exponents are smaller than the factors; equal ones favour the product."""
    return sum(map(abs, product)) <= sum(map(abs, total))


def as_product(names: Sequence[str], powers: Sequence[int]) -> str:
    """`a*b`, `a/b` or `a**2*b`."""
    parts = [power_of(n, abs(k)) for n, k in zip(names, powers, strict=True) if k > 0]
    below = [power_of(n, abs(k)) for n, k in zip(names, powers, strict=True) if k < 0]
    return "*".join(parts) + "".join(f"/{part}" for part in below)


def power_of(name: str, power: int) -> str:
    """One factor."""
    return name if power == 1 else f"{name}**{power}"


def as_sum(names: Sequence[str], factors: Sequence[int]) -> str:
    """`a + b`, `a - b` or `2*a + b`."""
    text = ""
    for name, factor in zip(names, factors, strict=True):
        term = name if abs(factor) == 1 else f"{abs(factor)}*{name}"
        sign = " - " if factor < 0 else " + "
        text += sign + term if text else ("-" if factor < 0 else "") + term
    return text
