"""Applies fixes: from the back, only what still parses and brings no new error, to a fixpoint."""

from collections.abc import Sequence

from jax_workbench.tools.lint_jax_code.engine.rule import Applicability, Edit
from jax_workbench.tools.lint_jax_code.linting import Hit, Linted, lint_text

MAX_ROUNDS = 10
MAX_TRIES = 200
MAX_CHARACTERS_TRIED = 20_000_000
"""Characters that are linted again for one text, whatever its fixes: about a minute."""
BLOCK = 256
"""Characters: edits are compared with those that share a block of the text."""
ALLOWED: dict[str, frozenset[Applicability]] = {
    "safe": frozenset(("safe",)),
    "unsafe": frozenset(("safe", "unsafe")),
}


def fixed(
    text: str,
    filename: str = "",
    *,
    level: str = "safe",
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> str:
    """The text with every fix applied that the level allows and that holds."""
    tries = 0
    for _ in range(MAX_ROUNDS):
        before = lint_text(text, filename, select=select, ignore=ignore)
        if before.source.broken is not None or before.source.clean != text:
            return text
        edits = all_edits(before, level)
        after = applied(text, edits)
        if edits and holds(before, lint_text(after, filename, select=select, ignore=ignore)):
            text = after
            continue
        changed = False
        for hit in fixable(before, level):
            tries += max(1, len(text) * MAX_TRIES // MAX_CHARACTERS_TRIED)
            after = applied(text, hit.fix.edits if hit.fix is not None else ())
            if tries > MAX_TRIES:
                return text
            if holds(before, lint_text(after, filename, select=select, ignore=ignore)):
                text, changed = after, True
                break
        if not changed:
            return text
    return text


def fixable(linted: Linted, level: str) -> list[Hit]:
    """Findings with edits that the level allows."""
    return [
        hit
        for hit in linted.shown
        if hit.fix is not None and hit.fix.edits and hit.fix.applicability in ALLOWED[level]
    ]


def all_edits(linted: Linted, level: str) -> list[Edit]:
    """The edits of all fixes that do not touch each other."""
    taken: list[Edit] = []
    near: dict[int, list[Edit]] = {}
    for hit in fixable(linted, level):
        edits = list(hit.fix.edits) if hit.fix is not None else []
        if any(_touch(a, b) for a in edits for block in _blocks(a) for b in near.get(block, ())):
            continue
        for edit in edits:
            if edit not in near.get(edit.start // BLOCK, ()):
                taken.append(edit)
                for block in _blocks(edit):
                    near.setdefault(block, []).append(edit)
    return taken


def _blocks(edit: Edit) -> range:
    return range(edit.start // BLOCK, edit.end // BLOCK + 1)


def _touch(one: Edit, other: Edit) -> bool:
    if one == other:
        return one.start != one.end
    return one.start < other.end and other.start < one.end


def applied(text: str, edits: Sequence[Edit]) -> str:
    """The text with the edits made, from the back."""
    for edit in sorted(edits, key=lambda e: (e.start, e.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def holds(before: Linted, after: Linted) -> bool:
    """Whether it parses, has fewer findings, and no error that was not there."""
    if after.source.broken is not None:
        return False
    old, new = _errors(before), _errors(after)
    return len(after.shown) < len(before.shown) and all(
        new[code] <= old.get(code, 0) for code in new
    )


def _errors(linted: Linted) -> dict[str, int]:
    counts: dict[str, int] = {}
    for hit in linted.shown:
        if hit.severity == "error":
            counts[hit.rule.code] = counts.get(hit.rule.code, 0) + 1
    return counts
