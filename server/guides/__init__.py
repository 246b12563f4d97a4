"""Short pages for models that write JAX code; the folder's texts, each with code that runs.

`SKILL.md` is the page that leads to them where they are served as a skill.
"""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

SCHEME = "workbench://guides/"
PLACE = Path(__file__).parent


class Guide(NamedTuple):
    """One page."""

    name: str
    title: str
    description: str
    text: str

    @property
    def uri(self) -> str:
        """Where a client reads it."""
        return f"{SCHEME}{self.name}"


@cache
def guides() -> dict[str, Guide]:
    """All pages by name, in alphabetical order."""
    return {path.stem: _guide(path) for path in sorted(PLACE.glob("[a-z]*.md"))}


def guide_at(uri: str) -> Guide | None:
    """The page at a URI, or None."""
    return guides().get(uri.removeprefix(SCHEME)) if uri.startswith(SCHEME) else None


def _guide(path: Path) -> Guide:
    text = path.read_text(encoding="utf-8")
    found = re.match(r"# (.+)\n\n(.+)\n", text)
    if found is None:
        raise ValueError(f"{path.name} must begin with a title and a sentence")
    return Guide(path.stem, found[1], found[2], text)
