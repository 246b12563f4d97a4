"""Open matplotlib figures as PNG files. Runs in the worker."""

import io
import sys
from typing import Any

from jax_workbench.tools.common.guarded_text import message_of, shorten, type_name
from jax_workbench.tools.contract import Job, Note

MAX_FIGURES = 16
DPI = 100.0
MAX_SIDE_PIXELS = 1600
MAX_BYTES = 150_000
"""A bigger picture is not shown beside an answer, so it is drawn smaller."""
MESSAGE_LIMIT = 300


def save_figures(job: Job) -> list[Note]:
    """Save each open figure as `figure-1.png` and so on; says which could not be saved."""
    notes: list[Note] = []
    try:
        figures = open_figures()
    except BaseException as error:  # noqa: BLE001 - the code may have put anything in pyplot's place
        return [dropped("No figure was saved", error)]
    for number, figure in enumerate(figures[:MAX_FIGURES], 1):
        name = f"figure-{number}.png"
        try:
            content = drawn(figure)
        except BaseException as error:  # noqa: BLE001 - artists are the user's, and draw only now
            notes.append(dropped(f"{name} was not saved", error))
        else:
            job.save(name, content, "image/png")
    if len(figures) > MAX_FIGURES:
        text = f"{len(figures)} figures are open; the first {MAX_FIGURES} were saved."
        notes.append(Note(code="artifacts_dropped", severity="warning", text=text))
    return notes


def open_figures() -> list[Any]:
    """List pyplot's figures; none where it was not imported, which is not done here."""
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return []
    return [pyplot.figure(number) for number in pyplot.get_fignums()]


def drawn(figure: Any) -> bytes:
    """Draw `figure` as PNG, smaller where it would have too many pixels or bytes."""
    inches = max(float(side) for side in figure.get_size_inches())
    dpi = min(DPI, MAX_SIDE_PIXELS / inches)
    content = png(figure, dpi)
    if len(content) <= MAX_BYTES:
        return content
    # Bytes grow with the area, though not quite: a little smaller than that says.
    smaller = png(figure, 0.9 * dpi * (MAX_BYTES / len(content)) ** 0.5)
    return min(content, smaller, key=len)


def png(figure: Any, dpi: float) -> bytes:
    """Draw `figure` at `dpi`."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi)
    return buffer.getvalue()


def dropped(what: str, error: BaseException) -> Note:
    """Say why a picture is missing."""
    why = f"{type_name(error)}: {shorten(message_of(error), MESSAGE_LIMIT)}"
    return Note(code="artifacts_dropped", severity="warning", text=f"{what}, it raised {why}")
