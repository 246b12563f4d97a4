"""One open document of the language server: its findings as an editor wants them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from jax_workbench.server.lint_settings import LintSettings, LintSettingsError, lint_settings
from jax_workbench.tools.lint_jax_code.engine.rule import Edit
from jax_workbench.tools.lint_jax_code.fixing import fixed
from jax_workbench.tools.lint_jax_code.linting import RANK, Hit, Linted, lint_text
from jax_workbench.tools.lint_jax_code.source import Lines

SEVERITIES = {"error": 1, "warning": 2, "info": 3}
SOURCE = "jax-workbench"
FIX_ALL = f"source.fixAll.{SOURCE}"
UNNECESSARY = 1


@dataclass(frozen=True)
class Document:
    """A text with what was found in it; positions are 0-based, in UTF-16 units."""

    uri: str
    text: str
    settings: LintSettings
    linted: Linted

    @property
    def lines(self) -> Lines:
        """The positions of the text."""
        return self.linted.source.lines

    @property
    def hits(self) -> list[Hit]:
        """The findings that the project wants to see."""
        least = RANK[self.settings.min_severity or "warning"]
        return [h for h in self.linted.shown if RANK[h.severity] >= least]

    def diagnostics(self) -> list[dict[str, Any]]:
        """Every finding, a syntax error first."""
        broken = self.linted.source.broken
        found: list[dict[str, Any]] = []
        if broken is not None:
            line = min(max(broken.line, 1), len(self.lines.starts))
            start = min(self.lines.starts[line - 1] + max(broken.column, 1) - 1, len(self.text))
            message = f"Does not parse: {broken.message}."
            place = self.range_of(start, start)
            found.append({"range": place, "severity": 1, "code": "JAX000", "message": message})
        found += [self._diagnostic(hit) for hit in self.hits]
        return [diagnostic | {"source": SOURCE} for diagnostic in found]

    def _diagnostic(self, hit: Hit) -> dict[str, Any]:
        related = [
            {"location": {"uri": self.uri, "range": self.range_of(at, at)}, "message": message}
            for at, message in hit.related
        ]
        return {
            "range": self.range_of(hit.start, hit.end),
            "severity": SEVERITIES[hit.severity],
            "code": hit.rule.code,
            "message": hit.message,
            "relatedInformation": related,
            "tags": [UNNECESSARY] if hit.rule.code == "JAX001" else [],
        }

    def actions(self, wanted: dict[str, Any], kinds: list[str] | None) -> Iterator[dict[str, Any]]:
        """Fixes of the findings in a range, and one that applies all safe ones."""
        if _is_asked("quickfix", kinds):
            start, end = self.offset(wanted["start"]), self.offset(wanted["end"])
            for hit in self.hits:
                fix = hit.fix
                if fix is None or not fix.edits or hit.start > end or hit.end < start:
                    continue
                is_safe = fix.applicability == "safe"
                yield {
                    "title": fix.title if is_safe else f"{fix.title} (unsafe)",
                    "kind": "quickfix",
                    "isPreferred": is_safe,
                    "diagnostics": [self._diagnostic(hit) | {"source": SOURCE}],
                    "edit": {"changes": {self.uri: [self._edit(edit) for edit in fix.edits]}},
                }
        if _is_asked(FIX_ALL, kinds) and self.linted.source.broken is None:
            select, ignore = self.settings.select, self.settings.ignore
            after = fixed(self.text, name_of(self.uri), select=select, ignore=ignore)
            if after != self.text:
                whole = self._edit(Edit(0, len(self.text), after))
                title = "Apply all safe fixes of jax-workbench"
                edit = {"changes": {self.uri: [whole]}}
                yield {"title": title, "kind": FIX_ALL, "edit": edit}

    def hover(self, position: dict[str, int]) -> dict[str, Any] | None:
        """The pages of the rules that found something there."""
        at = self.offset(position)
        pages = [
            f"**{h.rule.code} {h.rule.name}**\n\n{h.rule.page}"
            for h in self.hits
            if h.start <= at <= h.end
        ]
        text = "\n\n---\n\n".join(dict.fromkeys(pages))
        return {"contents": {"kind": "markdown", "value": text}} if pages else None

    def _edit(self, edit: Edit) -> dict[str, Any]:
        return {"range": self.range_of(edit.start, edit.end), "newText": edit.text}

    def range_of(self, start: int, end: int) -> dict[str, Any]:
        """Two offsets as a range."""
        return {"start": self._position(start), "end": self._position(end)}

    def _position(self, offset: int) -> dict[str, int]:
        line, _ = self.lines.place(offset)
        return {"line": line - 1, "character": self.lines.utf16_column(offset) - 1}

    def offset(self, position: dict[str, int]) -> int:
        """The offset of a position; the end of the line or text where it lies behind it."""
        line = position["line"] + 1
        if line > len(self.lines.starts):
            return len(self.text)
        row = self.lines.row(line).rstrip("\r\n").encode("utf-16-le", "surrogatepass")
        head = row[: 2 * position["character"]].decode("utf-16-le", "ignore")
        return self.lines.starts[line - 1] + len(head)


def _is_asked(kind: str, kinds: list[str] | None) -> bool:
    """Whether a client that asks for some kinds of actions gets this one: a kind has sub-kinds."""
    return kinds is None or any(kind == k or kind.startswith(f"{k}.") for k in kinds)


def name_of(uri: str) -> str:
    """The path of a file's address; empty for a text that has no file."""
    parts = urlsplit(uri)
    return unquote(parts.path) if parts.scheme == "file" else ""


def opened(uri: str, text: str) -> Document:
    """Lint a document as the project of its file wants it."""
    name = name_of(uri)
    try:
        settings = lint_settings(Path(name).parent) if name else LintSettings()
    except LintSettingsError:
        settings = LintSettings()  # what is being typed there is not whole yet
    shown = "" if name and settings.excludes(Path(name)) else text
    profile = settings.profile or ("file" if name else "snippet")
    select, ignore = settings.select, settings.ignore
    linted = lint_text(shown, name, select=select, ignore=ignore, profile=profile)
    return Document(uri, shown, settings, linted)
