"""Comments that take findings back: `# noqa: JAX301`, `# jax-workbench: ignore[JAX301] reason`."""

import re
from dataclasses import dataclass, field

from jax_workbench.tools.lint_jax_code.engine.rule import Edit
from jax_workbench.tools.lint_jax_code.source import Source

OURS = re.compile(r"(?:JAX|NNX|OPX|ORB|NPR|FLX|EQX)\d*")
NOQA = re.compile(
    # Words of a reason are no codes: behind a space a code has digits.
    r"#\s*noqa\b(?:\s*:\s*(?P<codes>[A-Z]+\d*(?:\s*,\s*[A-Z]+\d*|\s+[A-Z]+\d+)*))?(?P<open>\s*:)?",
    re.IGNORECASE,
)
MARK = re.compile(r"#\s*(?:noqa|jax-workbench:)", re.IGNORECASE)
"""What every such comment has; a text without it need not be tokenised."""
IGNORE = re.compile(r"#\s*jax-workbench:\s*(?P<file>ignore-file|ignore)\[(?P<codes>[^\]]*)\]")
WORD = re.compile(r"\w+")
NEVER_UNUSED = frozenset(("JAX000", *(f"JAX00{n}" for n in range(2, 7))))
"""What only a parse or a run of the text can find."""


@dataclass(frozen=True)
class Named:
    """One code in a comment."""

    code: str
    start: int
    end: int
    is_ours: bool


@dataclass
class Suppression:
    """One comment: where it stands, what it takes back, and what of that was there."""

    start: int
    end: int
    """Of the mark and what belongs to it, another tool's comment behind it left out."""
    line: int
    named: tuple[Named, ...] = ()
    """None takes back everything."""
    whole_file: bool = False
    used: set[str] = field(default_factory=set[str])

    @property
    def codes(self) -> tuple[str, ...]:
        """Our codes or families."""
        return tuple(n.code for n in self.named if n.is_ours)

    def covers(self, code: str, first: int, last: int) -> bool:
        """Whether it takes back a finding of that code on those lines; remembers what did."""
        if not self.whole_file and self.line not in {first, last}:
            return False
        covering = [c for c in self.codes if code.startswith(c)]
        self.used.update(covering)
        return bool(covering) or not self.named

    def without(self, codes: tuple[str, ...]) -> tuple[Edit, ...]:
        """What takes these codes out; with the last code the comment goes, too."""
        kept = [n for n in self.named if n.code not in codes or not n.is_ours]
        if not kept:
            return (Edit(self.start, self.end, ""),)
        first, last = self.named[0], self.named[-1]
        return (Edit(first.start, last.end, ", ".join(n.code for n in kept)),)


def suppressions_of(source: Source) -> list[Suppression]:
    """Every such comment of a text; markers in strings do not count."""
    if not MARK.search(source.clean):
        return []
    return [
        found
        for start, _, text in source.comments()
        if (found := _suppression(source, start, text)) is not None
    ]


def _suppression(source: Source, offset: int, text: str) -> Suppression | None:
    match = IGNORE.search(text) or NOQA.search(text)
    if match is None:
        return None
    begin = offset + match.start("codes")
    words = WORD.finditer(match["codes"] or "")
    named = tuple(
        Named(
            w[0].upper(),
            begin + w.start(),
            begin + w.end(),
            is_ours=OURS.fullmatch(w[0].upper()) is not None,
        )
        for w in words
    )
    is_bare = match.re is NOQA and match["codes"] is None and match["open"] is None
    if not is_bare and not any(n.is_ours for n in named):
        return None
    row_start = offset + match.start()
    behind = text.find("#", match.end())
    start = row_start if behind >= 0 else len(source.text[:row_start].rstrip(" \t"))
    end = offset + (behind if behind >= 0 else len(text))
    line, _ = source.lines.place(row_start)
    is_whole = match.re is IGNORE and match["file"] == "ignore-file"
    return Suppression(start, end, line, named, is_whole)
