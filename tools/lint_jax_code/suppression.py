"""Comments that take findings back: `# noqa: JAX301`, `# jax-workbench: ignore[JAX301] reason`."""

import re
from dataclasses import dataclass, field

from jax_workbench.tools.lint_jax_code.source import Source

OURS = re.compile(r"\b(?:JAX|NNX|OPX|ORB|NPR)\d*\b")
NOQA = re.compile(r"#\s*noqa\b(?P<codes>\s*:\s*[A-Z0-9, ]+)?", re.IGNORECASE)
MARK = re.compile(r"#\s*(?:noqa|jax-workbench:)", re.IGNORECASE)
"""What every such comment has; a text without it need not be tokenised."""
IGNORE = re.compile(r"#\s*jax-workbench:\s*(?P<file>ignore-file|ignore)\[(?P<codes>[^\]]*)\]")


@dataclass
class Suppression:
    """One comment: where it stands, what it takes back, whether it took anything back."""

    start: int
    end: int
    line: int
    codes: tuple[str, ...]
    """Codes or families; empty takes back everything."""
    whole_file: bool = False
    is_used: bool = False
    used: set[str] = field(default_factory=set[str])

    def covers(self, code: str, first: int, last: int) -> bool:
        """Whether it takes back a finding of that code on those lines."""
        is_here = self.whole_file or self.line in {first, last}
        return is_here and (not self.codes or any(code.startswith(c) for c in self.codes))


def suppressions_of(source: Source) -> list[Suppression]:
    """Every such comment of a text; markers in strings do not count."""
    found: list[Suppression] = []
    if not MARK.search(source.clean):
        return found
    for start, end, text in source.comments():
        line, _ = source.lines.place(start)
        if match := IGNORE.search(text):
            codes = tuple(OURS.findall(match["codes"]))
            if codes:
                found.append(Suppression(start, end, line, codes, match["file"] == "ignore-file"))
        elif match := NOQA.search(text):
            if match["codes"] is None:
                found.append(Suppression(start, end, line, ()))
            elif codes := tuple(OURS.findall(match["codes"].upper())):
                found.append(Suppression(start, end, line, codes))
    return found
