"""From a text to its findings: parse, interpret, let specific rules speak first, take back."""

import ast
import bisect
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from jax_workbench.tools.lint_jax_code.engine.analysis import Analysis
from jax_workbench.tools.lint_jax_code.engine.canonical import INTERESTING
from jax_workbench.tools.lint_jax_code.engine.rule import Edit, Fix, Found, Rule, Severity
from jax_workbench.tools.lint_jax_code.observed_findings import KINDS
from jax_workbench.tools.lint_jax_code.rules import all_rules
from jax_workbench.tools.lint_jax_code.source import Source
from jax_workbench.tools.lint_jax_code.suppression import NEVER_UNUSED, Suppression, suppressions_of

RANK: dict[Severity, int] = {"info": 0, "warning": 1, "error": 2}


@dataclass(frozen=True)
class Hit:
    """One finding, by offsets in the text."""

    rule: Rule
    start: int
    end: int
    severity: Severity
    message: str
    related: tuple[tuple[int, str], ...] = ()
    fix: Fix | None = None
    is_suppressed: bool = False


@dataclass(frozen=True)
class Linted:
    """What was found in one text."""

    source: Source
    hits: tuple[Hit, ...]
    """In the order of their places; the suppressed ones are marked."""
    is_incomplete: bool = False
    """Whether the text is too long or too deeply nested to be looked at in full."""

    @property
    def shown(self) -> tuple[Hit, ...]:
        """Those that no comment takes back."""
        return tuple(hit for hit in self.hits if not hit.is_suppressed)


def lint_text(
    text: str,
    filename: str = "",
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    profile: str = "",
) -> Linted:
    """Find what is wrong with a text; never raises, never runs it."""
    source = Source(text, filename)
    if not INTERESTING.search(source.clean):
        return Linted(source, ())
    rules = [rule for rule in all_rules() if is_wanted(rule, select, ignore)]
    analysis = Analysis(source, rules, profile or ("file" if filename else "snippet"))
    hits = [hit_of(analysis, rule, found) for rule, found in analysis.run()]
    kept = without_less_specific(hits, source)
    is_incomplete = analysis.steps_left < 0 or analysis.is_too_deep

    def is_asked_for(code: str) -> bool:
        """Whether all that a code or family stands for was looked for."""
        covered = [rule for rule in (*all_rules(), UNUSED) if rule.code.startswith(code)]
        wanted = all(is_wanted(rule, select, ignore) for rule in covered)
        return wanted and code not in NEVER_UNUSED

    placed = sorted(marked(kept, source, is_asked_for), key=lambda hit: hit.start)
    return Linted(source, tuple(placed), is_incomplete)


def nameless(words: Iterable[str]) -> list[str]:
    """Those words that name no rule and no family."""
    known = (*all_rules(), UNUSED)
    others = NEVER_UNUSED | {name for kind in KINDS.values() for name in (kind.code, kind.name)}
    return [
        w
        for w in words
        if w not in others
        and w.upper() not in others
        and not any(is_wanted(r, [w], ()) for r in known)
    ]


def is_wanted(rule: Rule, select: Sequence[str], ignore: Sequence[str]) -> bool:
    """Whether a rule is asked for, by code, name or family."""

    def named(words: Sequence[str]) -> bool:
        return any(rule.code.startswith(w.upper()) or rule.name == w for w in words if w)

    return (not select or named(select)) and not named(ignore)


def hit_of(analysis: Analysis, rule: Rule, found: Found) -> Hit:
    """A finding with its places as offsets."""
    start, end = analysis.span(found)
    related = tuple((analysis.source.span(node)[0], text) for node, text in found.related)
    fix = found.fix
    if fix is not None and fix.imports:
        fix = replace(fix, edits=(*fix.edits, *imports_of(analysis, fix.imports)))
    return Hit(rule, start, end, found.severity or rule.severity, found.message, related, fix)


def imports_of(analysis: Analysis, wanted: Iterable[str]) -> Iterable[Edit]:
    """Edits that import what a fix needs and the text does not bind yet."""
    for line in wanted:
        name = line.rpartition(" ")[2]
        if name in analysis.facts.bound:
            continue
        offset = 0
        for node in analysis.source.tree.body:
            is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            is_future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
            if not (is_docstring or is_future):
                break
            end = node.end_lineno or node.lineno
            starts = analysis.source.lines.starts
            offset = starts[end] if end < len(starts) else len(analysis.source.text)
        yield Edit(offset, offset, f"{line}\n")


def without_less_specific(hits: Sequence[Hit], source: Source) -> list[Hit]:
    """The findings but those for which a more specific rule has spoken on the line or the code."""
    spoken: dict[str, Places] = {}
    for hit in hits:
        for code in hit.rule.instead_of:
            spoken.setdefault(code, Places()).add(hit, source)
    return [
        hit
        for hit in hits
        if (places := spoken.get(hit.rule.code)) is None or not places.meet(hit, source)
    ]


class Places:
    """Where rules have spoken; added in the order of their starts."""

    def __init__(self) -> None:
        """Begin with no place."""
        self.lines: set[int] = set()
        self.starts: list[int] = []
        self.ends: list[int] = []
        """The last end of all places up to this one."""

    def add(self, hit: Hit, source: Source) -> None:
        """Remember where a finding is."""
        self.lines.add(source.lines.place(hit.start)[0])
        self.starts.append(hit.start)
        self.ends.append(max(hit.end, self.ends[-1] if self.ends else 0))

    def meet(self, hit: Hit, source: Source) -> bool:
        """Whether a finding is on such a line or overlaps such a place."""
        before = bisect.bisect_left(self.starts, hit.end)
        overlaps = before > 0 and self.ends[before - 1] > hit.start
        return overlaps or source.lines.place(hit.start)[0] in self.lines


def marked(
    hits: Sequence[Hit], source: Source, is_asked_for: Callable[[str], bool]
) -> Iterable[Hit]:
    """The findings, those marked that a comment takes back; unused comments become findings."""
    comments = suppressions_of(source)
    by_line: dict[int, list[Suppression]] = {}
    for comment in comments:
        by_line.setdefault(0 if comment.whole_file else comment.line, []).append(comment)
    for hit in hits:
        first, _ = source.lines.place(hit.start)
        last, _ = source.lines.place(max(hit.end - 1, hit.start))
        near = [c for line in {0, first, last} for c in by_line.get(line, ())]
        covering = [c for c in near if c.covers(hit.rule.code, first, last)]
        yield replace(hit, is_suppressed=bool(covering))
    for comment in comments:
        idle = tuple(c for c in comment.codes if c not in comment.used and is_asked_for(c))
        if idle and is_asked_for(UNUSED.code):
            yield unused(comment, idle)


UNUSED = Rule(
    "JAX001",
    "unused-suppression",
    "info",
    (),
    page="A comment takes back a finding that is not there.\n\n## Why is this bad?\n"
    "It hides the next real one.\n\n## Use instead\nDelete it.\n",
)


def unused(comment: Suppression, codes: tuple[str, ...]) -> Hit:
    """The finding that a suppression, or a part of it, suppresses nothing."""
    fix = Fix("safe", f"Take out {', '.join(codes)}", comment.without(codes))
    message = (
        f"This comment takes back {', '.join(codes)}, and nothing of that is found here. Delete it."
    )
    return Hit(UNUSED, comment.start, comment.end, "info", message, (), fix)


def counts_of(hits: Iterable[Hit]) -> dict[str, int]:
    """Findings by severity."""
    counts = {"error": 0, "warning": 0, "info": 0}
    for hit in hits:
        counts[hit.severity] += 1
    return counts


def notebook_cells(text: str) -> dict[int, str] | None:
    """The code cells of a notebook by their numbers, from 1, of all cells; None if it is none."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        cells = json.loads(text)["cells"]
        return {
            number: "".join(cell["source"])
            for number, cell in enumerate(cells, 1)
            if cell["cell_type"] == "code"
        }
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def notebook_code(text: str) -> str | None:
    """The code cells of a notebook as one text with `# %%` marks; None if it is none."""
    cells = notebook_cells(text)
    return None if cells is None else joined_cells(cells)


def joined_cells(cells: dict[int, str]) -> str:
    """Code cells as one text, a line `# %%` before each."""
    return "\n".join(f"# %%\n{source}" for source in cells.values())
