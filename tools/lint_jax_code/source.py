"""The text under analysis: cleaned, parsed, with its positions. Worker or command line.

What is not code (Markdown fences, prompts, notebook magics) is replaced by spaces, so that every
position of the cleaned text is a position of the text that was sent.
"""

import ast
import bisect
import io
import re
import tokenize
import warnings
from dataclasses import dataclass, field

MAX_CHARACTERS = 4_000_000
FENCE = re.compile(r"^[ \t]*(```|~~~)")
PROMPT = re.compile(r"^[ \t]*(>>>|\.\.\.)( |$)")
NUMBERED_PROMPT = re.compile(r"^(In|Out) ?\[\d*\]: ?")
MAGIC = re.compile(r"^[ \t]*(%%?\w|!(?!=)|\?\w|\w[\w.]*\?\??\s*$)")
ASSIGNED_MAGIC = re.compile(r"^[ \t]*\w[\w.,\[\] ]*= ?[%!](?=[ \w])")
PARSE_ERRORS = (SyntaxError, ValueError, MemoryError, RecursionError, UnicodeError)


class Lines:
    r"""Positions of a text: lines end at \n, \r\n and \r, as the parser sees them."""

    def __init__(self, text: str) -> None:
        """Index the starts of the lines."""
        self.text = text
        self.starts = [0]
        for match in re.finditer(r"\r\n|\r|\n", text):
            self.starts.append(match.end())
        self._is_ascii = text.isascii()

    def offset(self, line: int, byte_column: int) -> int:
        """Offset in characters of a position of `ast` (1-based line, 0-based UTF-8 column)."""
        start = self.starts[min(line, len(self.starts)) - 1]
        if self._is_ascii:
            return start + byte_column
        row = self.row(line)
        head = row.encode("utf-8", "surrogatepass")[:byte_column]
        return start + len(head.decode("utf-8", "replace"))

    def place(self, offset: int) -> tuple[int, int]:
        """1-based line and 1-based column, in characters."""
        line = bisect.bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def row(self, line: int) -> str:
        """The line of that 1-based number, with its end."""
        end = self.starts[line] if line < len(self.starts) else len(self.text)
        return self.text[self.starts[line - 1] : end]

    def utf16_column(self, offset: int) -> int:
        """1-based column in UTF-16 units, as SARIF counts."""
        line = bisect.bisect_right(self.starts, offset)
        head = self.text[self.starts[line - 1] : offset]
        return len(head.encode("utf-16-le", "surrogatepass")) // 2 + 1


@dataclass(frozen=True)
class Broken:
    """Why a text does not parse, and where (1-based line and column)."""

    message: str
    line: int
    column: int


@dataclass
class Source:
    """A text, its tree (of the part that parses), its comments."""

    text: str
    filename: str = ""
    lines: Lines = field(init=False)
    clean: str = ""
    tree: ast.Module = field(init=False)
    broken: Broken | None = None

    def __post_init__(self) -> None:
        """Clean and parse; never raises."""
        self.lines = Lines(self.text)
        self.tree = ast.Module(body=[], type_ignores=[])
        if len(self.text) > MAX_CHARACTERS:
            self.broken = Broken(f"the text is longer than {MAX_CHARACTERS} characters", 1, 1)
            return
        self.clean = self.text
        if self._parse(self.text) is None:
            return
        self.clean = self._clean()
        error = self._parse(self.clean)
        if error is not None and self._parse_indented():
            return
        if error is not None:
            self.broken = error
            self._parse_head(error.line)

    def _clean(self) -> str:
        rows = [self.lines.row(n + 1) for n in range(len(self.lines.starts))]
        rows[0] = rows[0].replace("\ufeff", " ", 1)
        if any(FENCE.match(row) for row in rows):
            rows = _outside_fences_blanked(rows)
        if any(PROMPT.match(row) for row in rows):
            rows = [_unprompted(row) for row in rows]
        rows = [_magic_masked(row) for row in rows]
        return "".join(rows)

    def _parse(self, text: str) -> Broken | None:
        try:
            self.tree = _parsed(text)
        except PARSE_ERRORS as error:
            return _broken(error)
        return None

    def _parse_indented(self) -> bool:
        """Whether the text parses as the body of a block; its columns stay as they are."""
        first = next((row for row in self.clean.split("\n") if row.strip()), "")
        if first[:1] not in " \t":
            return False
        try:
            block = _parsed("if 1:\n" + self.clean).body
        except PARSE_ERRORS:
            return False
        if len(block) != 1 or not isinstance(block[0], ast.If):
            return False
        self.tree = ast.Module(body=block[0].body, type_ignores=[])
        for node in ast.walk(self.tree):
            if isinstance(node, ast.stmt | ast.expr | ast.arg | ast.keyword | ast.alias):
                node.lineno -= 1
                node.end_lineno = (node.end_lineno or node.lineno + 1) - 1
        return True

    def _parse_head(self, line: int) -> None:
        """Take the longest head that parses, by statements that start in the first column."""
        starts = [
            n
            for n in range(2, min(line, len(self.lines.starts)) + 1)
            if (row := self.clean_row(n))[:1].strip() and row[:1] not in "#)]}"
        ]
        for n in reversed(starts[-40:]):
            if self._parse(self.clean[: self.lines.starts[n - 1]]) is None:
                return

    def clean_row(self, line: int) -> str:
        """A line of the cleaned text."""
        end = self.lines.starts[line] if line < len(self.lines.starts) else len(self.clean)
        return self.clean[self.lines.starts[line - 1] : end]

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Start and end of a node, as offsets in the text."""
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        end_line = getattr(node, "end_lineno", None) or line
        end_column = getattr(node, "end_col_offset", None)
        start = self.lines.offset(line, column)
        if end_column is None:
            return start, start + 1
        return start, self.lines.offset(end_line, end_column)

    def segment(self, node: ast.AST) -> str:
        """The text of a node."""
        start, end = self.span(node)
        return self.text[start:end]

    def comments(self) -> list[tuple[int, int, str]]:
        """Offsets and text of each comment; empty where the text can't be tokenised."""
        if "#" not in self.clean:
            return []
        found: list[tuple[int, int, str]] = []
        try:
            for token in tokenize.generate_tokens(io.StringIO(self.clean, newline="").readline):
                if token.type == tokenize.COMMENT:
                    # tokenize counts columns in characters, ast in bytes.
                    start = self.lines.starts[token.start[0] - 1] + token.start[1]
                    found.append((start, start + len(token.string), token.string))
        except (tokenize.TokenError, SyntaxError, IndexError, ValueError):
            return found
        return found


def _parsed(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _broken(error: BaseException) -> Broken:
    if isinstance(error, SyntaxError):
        return Broken(error.msg or "invalid syntax", error.lineno or 1, error.offset or 1)
    if isinstance(error, UnicodeError):
        return Broken("the text holds a lone surrogate", 1, 1)
    if isinstance(error, ValueError):
        return Broken("the text holds a null byte or a number that is too long", 1, 1)
    return Broken("the text is nested too deeply for the parser", 1, 1)


def _blank(row: str) -> str:
    return re.sub(r"[^\r\n]", " ", row)


def _outside_fences_blanked(rows: list[str]) -> list[str]:
    inside, kept = False, list[str]()
    for row in rows:
        if FENCE.match(row):
            inside = not inside
            kept.append(_blank(row))
        else:
            kept.append(row if inside else _blank(row))
    return kept


def _unprompted(row: str) -> str:
    if match := PROMPT.match(row):
        return " " * match.end() + row[match.end() :]
    return _blank(row)


def _magic_masked(row: str) -> str:
    if match := NUMBERED_PROMPT.match(row):
        row = " " * match.end() + row[match.end() :]
    body = row.rstrip("\r\n")
    if match := ASSIGNED_MAGIC.match(row):
        indent = match.end() - 1
    elif MAGIC.match(row):
        indent = len(body) - len(body.lstrip())
    else:
        return row
    return body[:indent] + "0".ljust(len(body) - indent) + row[len(body) :]
