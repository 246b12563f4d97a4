"""The held-out programs of lint_jax_code: each with a bug, and mended.

Written from reports of users before any rule was tuned on them: the first set when the engine
stood, each further one when the rules had been tuned on those before it. `# BUG` ends the line of
the bug; `# BUG+2` says that the bug is two lines further down.
"""

import re
from dataclasses import dataclass
from pathlib import Path

SETS = (
    "lint_held_out",
    "lint_held_out_second",
    "lint_held_out_third",
    "lint_held_out_fourth",
    "lint_held_out_fifth",
)
MARK = re.compile(r"  # BUG([+-]\d+)?$", re.MULTILINE)
HEAD = re.compile(r"^### ", re.MULTILINE)


@dataclass(frozen=True)
class Program:
    """One bug."""

    name: str
    family: str
    codes: frozenset[str]
    """Rules that fit; empty where none was there."""
    source: str
    """Where users met it."""
    line: int
    buggy: str
    mended: str


def programs(name: str) -> list[Program]:
    """All of a set, in the order of the files."""
    return [
        program_of(section, path.stem)
        for path in sorted((Path(__file__).parent / name).glob("*.txt"))
        for section in HEAD.split(path.read_text(encoding="utf-8"))[1:]
    ]


def program_of(section: str, family: str) -> Program:
    """One section of a file."""
    head, _, rest = section.partition("\n")
    name, codes, source = (part.strip() for part in head.split("|"))
    buggy, mark, mended = rest.partition("--- fixed\n")
    found = MARK.search(buggy)
    if found is None or not mark:
        message = f"{name}: a section has a line with `# BUG` and a part `--- fixed`."
        raise ValueError(message)
    line = buggy.count("\n", 0, found.start()) + 1 + int(found[1] or 0)
    fits = frozenset(code for code in codes.split(",") if code != "none")
    # The mark says nothing that a linter might read.
    return Program(name, family, fits, source, line, MARK.sub("", buggy), mended)
