"""What a wrong ratio of AD to reference usually means. Runs in the judge; knows no arrays."""

import math
from collections.abc import Sequence

CLOSE = 1e-3
ALIKE = 0.02


def ratio_hint(ratios: Sequence[float], n: int, fault: float = CLOSE) -> str:
    """Say what a fault of this ratio usually is.

    Args:
        ratios: AD / reference of single elements; finite ones.
        n: Elements of the leaf, for a mean against a sum.
        fault: Relative closeness that counts as equal.
    """
    if not ratios:
        return ""
    first = ratios[0]
    if len(ratios) > 1 and max(ratios) - min(ratios) > ALIKE * max(abs(r) for r in ratios):
        return (
            "The ratio differs between elements: the chain rule stops early, "
            "or factors are transposed or misplaced."
        )
    known = (
        (2.0, "A factor 2: counted twice, as of a square or a symmetric matrix."),
        (0.5, "A factor 1/2: lost, as of a square or a symmetric matrix."),
        (-1.0, "The sign is reversed."),
        (0.0, "This term is missing from the derivative, or cut off."),
        (math.pi / 180, "A factor pi/180: degrees against radians."),
        (180 / math.pi, "A factor 180/pi: radians against degrees."),
    )
    for value, words in known:
        if abs(first - value) <= fault * max(abs(value), 1.0):
            return words
    return size_hint(first, n, fault)


def size_hint(ratio: float, n: int, fault: float) -> str:
    """Say whether a ratio is that of a mean against a sum."""
    if n > 1:
        if abs(ratio * n - 1) <= fault:
            return f"A factor 1/{n}: a mean is differentiated where the function sums."
        if abs(ratio / n - 1) <= fault:
            return f"A factor {n}: a sum is differentiated where the function takes the mean."
    if abs(ratio - 1) <= 0.05:  # noqa: PLR2004 - percent
        return "Nearly right: a constant or a term of the formula is slightly off."
    return ""
