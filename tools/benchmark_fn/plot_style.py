"""What the pictures of benchmark_fn share. Runs in the worker."""

from typing import Any

INK, ZONE = "#24292f", "#8b949e"
SERIES = ("#1f77b4", "#d95f02", "#1b9e77", "#7570b3", "#e7298a", "#66a61e", "#a6761d", "#666666")
VERDICTS = {
    "faster": "#1a7f37",
    "slower": "#c0392b",
    "same": "#57606a",
    "ambiguous": "#9a6700",
    "rejected": "#c0392b",
}
MAX_LABEL = 22


def verdict_colour(verdict: str) -> str:
    """Green for faster, red for slower and rejected, grey for the same, brown for undecided."""
    return VERDICTS.get(verdict, INK)


def unit_of(us: float) -> tuple[float, str]:
    """By how much to divide microseconds, and the unit they then have."""
    for limit, factor, unit in ((1e3, 1.0, "us"), (1e6, 1e3, "ms")):
        if us < limit:
            return factor, unit
    return 1e6, "s"


def dead_zone(span: Any, min_effect: float) -> None:
    """Shade the ratios that are too near to 1 for a word; `span` is an axes' axvspan or axhspan."""
    span(1 / (1 + min_effect), 1 + min_effect, color=ZONE, alpha=0.2, lw=0)


def shorten(name: str) -> str:
    """A variant's name as a label; `$` would start mathematics."""
    plain = name.replace("$", r"\$")
    return plain if len(plain) <= MAX_LABEL else f"{plain[: MAX_LABEL - 3]}..."
