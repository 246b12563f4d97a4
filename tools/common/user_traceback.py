"""A traceback as its author needs it: the user's lines, nothing of ours. Runs in the worker."""

import itertools
import linecache
import re
import sysconfig
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, TracebackType
from typing import cast

import pydantic

from jax_workbench.tools.common.guarded_text import message_of, shorten, type_name

TEXT_LIMIT = 3000
"""Characters of a whole traceback."""
MESSAGE_LIMIT = 1500
NOTE_LIMIT = 300
SOURCE_LIMIT = 160
N_OUTER, N_INNER = 4, 8
"""Frames that are shown when a recursion makes thousands."""
N_KEPT = 500
N_LINKS = 3
"""Exceptions of one chain that are shown."""

OURS = str(Path(__file__).parents[2])
LIBRARIES = (
    sysconfig.get_path("stdlib"),
    sysconfig.get_path("platstdlib"),
    # In a jail the libraries are not where the interpreter thinks.
    str(Path(pydantic.__file__).parents[1]),
)
PLACE = re.compile(r'\s*File "([^"]*)", line \d+')
BY_JAX = frozenset(
    ("UnfilteredStackTrace", "SimplifiedTraceback", "JaxStackTraceBeforeTransformation")
)
"""Causes that JAX adds to say that it cut the traceback; they hold no cause."""


@dataclass(frozen=True)
class Frame:
    """One line of a traceback."""

    code: CodeType
    line: int
    last_i: int
    module: str

    @property
    def is_user(self) -> bool:
        """Written by the user."""
        return is_user_file(self.code.co_filename)


def is_user_file(name: str) -> bool:
    """Whether the user wrote it: it is not installed, not frozen, not ours."""
    return not name.startswith(("<frozen ", OURS, *LIBRARIES))


def user_traceback(error: BaseException, filenames: Sequence[str]) -> str:
    """Say what happened, then the user's lines on the way there, outermost first.

    Runs of library frames become one line each. Reads nothing of `error` that its class could have
    overridden, except its text, which may be anything and is cut.

    Args:
        error: As caught.
        filenames: Of the user's code, as in `<code>`; with one, lines are named by number alone.

    Returns:
        At most `TEXT_LIMIT` characters, no final newline.
    """
    parts: list[str] = []
    for link, said in itertools.islice(chain(error), N_LINKS):
        parts.append(said + headline(link, filenames))
        parts.extend(frame_lines(link, filenames))
    return shorten("\n".join(parts), TEXT_LIMIT)


def user_line(error: BaseException, filenames: Sequence[str]) -> int | None:
    """Innermost line of `filenames` on the way to `error`, 1-based; None if there is none."""
    if syntax := syntax_error_in(error, filenames):
        return syntax.lineno
    lines = [f.line for f in frames_of(error) if f.code.co_filename in filenames]
    return lines[-1] if lines else None


def registered_files(error: BaseException) -> tuple[str, ...]:
    """Files that `user_code.parse` registered and `error` passed through, outermost first."""
    names = [frame.code.co_filename for frame in frames_of(error)]
    # Only a name in angle brackets is no file: the rest of the cache are files that were shown.
    own = [name for name in names if name.startswith("<") and name in linecache.cache]
    return tuple(dict.fromkeys(own))


def chain(error: BaseException) -> Iterator[tuple[BaseException, str]]:
    """`error` and what led to it, each with the words that join it to the one before."""
    seen: set[int] = set()
    said = ""
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link, said
        cause = slot(link, "__cause__")
        if cause is not None and type_name(cause) not in BY_JAX:
            link, said = cause, "caused by "
        elif cause is None and not vars(BaseException)["__suppress_context__"].__get__(link):
            link, said = slot(link, "__context__"), "while handling "
        else:
            link = None


def slot(error: BaseException, name: str) -> BaseException | None:
    """Attribute of `error` as the interpreter keeps it, whatever its class says."""
    return vars(BaseException)[name].__get__(error)


def headline(error: BaseException, filenames: Sequence[str]) -> str:
    """Type and message, with the caret of a syntax error and the notes."""
    if syntax := syntax_error_in(error, filenames):
        return f"{type_name(error)}: {syntax.msg} (line {syntax.lineno})" + syntax_source(syntax)
    message = shorten(without_library_frames(message_of(error)), MESSAGE_LIMIT)
    head = f"{type_name(error)}: {message}" if message else type_name(error)
    return "\n".join((head, *notes_of(error), *grouped(error)))


def without_library_frames(message: str) -> str:
    """Cut a traceback inside a message, as XLA makes of a callback's error, to the user's lines."""
    kept: list[str] = []
    is_inside_library = False
    for line in message.splitlines():
        if place := PLACE.match(line):
            is_inside_library = not is_user_file(place[1])
        elif not line.startswith("    "):
            is_inside_library = False
        if not is_inside_library:
            kept.append(line)
    return "\n".join(kept)


def notes_of(error: BaseException) -> list[str]:
    """Texts that `add_note` added, without JAX's own remarks about its tracebacks."""
    attributes: dict[str, object] = vars(BaseException)["__dict__"].__get__(error)
    notes = dict[str, object].get(attributes, "__notes__")
    if type(notes) is not list:
        return []
    texts = [note for note in cast("list[object]", notes)[:N_LINKS] if type(note) is str]
    return [shorten(text, NOTE_LIMIT) for text in texts if "JAX has removed" not in text]


def grouped(error: BaseException) -> list[str]:
    """Members of an exception group, a line each."""
    if not isinstance(error, BaseExceptionGroup):
        return []
    members: tuple[BaseException, ...] = vars(BaseExceptionGroup)["exceptions"].__get__(error)
    return [
        f"  | {type_name(member)}: {shorten(message_of(member), NOTE_LIMIT)}"
        for member in members[:N_LINKS]
    ]


def syntax_error_in(error: BaseException, filenames: Sequence[str]) -> SyntaxError | None:
    """`error` if it says that the user's text did not parse; code may raise its class by hand."""
    if type(error) is SyntaxError or type(error) is IndentationError or type(error) is TabError:
        return error if error.filename in filenames else None
    return None


def syntax_source(error: SyntaxError) -> str:
    """Line that does not parse, with carets under the place."""
    source = (error.text or "").rstrip("\n")
    if not source.strip() or len(source) > SOURCE_LIMIT:
        return ""
    start = max((error.offset or 1) - 1, 0)
    one_line = error.end_lineno == error.lineno and error.end_offset
    end = error.end_offset - 1 if one_line and error.end_offset else start + 1
    return "\n" + underlined(source, start, max(end, start + 1))


def frames_of(error: BaseException) -> list[Frame]:
    """Frames that `error` passed through, outermost first, without this package's own.

    Of more than `2 * N_KEPT`, which only a recursion makes, the first and last ones.
    """
    first: list[Frame] = []
    last: deque[Frame] = deque(maxlen=N_KEPT)
    link: TracebackType | None = vars(BaseException)["__traceback__"].__get__(error)
    while link is not None:
        code = link.tb_frame.f_code
        module = dict[str, object].get(link.tb_frame.f_globals, "__name__")
        if not code.co_filename.startswith(OURS):
            name = module if type(module) is str else "?"
            frame = Frame(code, link.tb_lineno or 0, link.tb_lasti, name)
            (first if len(first) < N_KEPT else last).append(frame)
        link = link.tb_next
    return [*first, *last]


def frame_lines(error: BaseException, filenames: Sequence[str]) -> list[str]:
    """Each user frame with its source; each run of library frames as one line."""
    frames = frames_of(error)
    lines: list[str] = []
    for is_user, run in itertools.groupby(frames, lambda frame: frame.is_user):
        stretch = list(run)
        if is_user:
            lines.extend(user_lines(stretch, filenames))
        elif stretch[-1] is frames[-1]:
            last = stretch[-1]
            lines.append(f"  raised in {last.module}.{last.code.co_qualname}")
        else:
            package = stretch[0].module.partition(".")[0]
            lines.append(f"  ({len(stretch)} frames of {package})")
    if len(lines) > 2 * (N_OUTER + N_INNER):
        cut = len(lines) - N_OUTER - N_INNER
        lines[N_OUTER:-N_INNER] = [f"  ({cut} lines left out)"]
    return lines


def user_lines(frames: list[Frame], filenames: Sequence[str]) -> list[str]:
    """Where, and the source with carets; thousands of frames become the first and last few."""
    shown = frames
    if len(frames) > N_OUTER + N_INNER:
        shown = [*frames[:N_OUTER], *frames[-N_INNER:]]
    lines = [text for frame in shown for text in user_frame(frame, filenames)]
    if len(shown) < len(frames):
        before = sum(len(user_frame(frame, filenames)) for frame in shown[:N_OUTER])
        lines.insert(before, "  (more such frames)")
    return [shorten("\n".join(lines), TEXT_LIMIT)]


def user_frame(frame: Frame, filenames: Sequence[str]) -> list[str]:
    """One frame: line and function, then the source if there is any."""
    name = frame.code.co_filename
    where = "" if [name] == list(filenames) else f"{shorten(name, SOURCE_LIMIT)} "
    function = "" if frame.code.co_name == "<module>" else f", in {frame.code.co_qualname}"
    head = f"  {where}line {frame.line}{function}"
    source = linecache.getline(name, frame.line).rstrip("\n")
    if not source.strip() or len(source) > SOURCE_LIMIT:
        return [head]
    line, end_line, start, end = position_of(frame)
    if line != end_line or start is None or end is None:
        return [head, "    " + source.strip()]
    # Positions count UTF-8 bytes, carets stand under characters.
    start, end = (len(source.encode()[:n].decode(errors="replace")) for n in (start, end))
    return [head, underlined(source, start, end)]


def position_of(frame: Frame) -> tuple[int | None, int | None, int | None, int | None]:
    """First and last line and column of the instruction that raised."""
    positions = itertools.islice(frame.code.co_positions(), frame.last_i // 2, None)
    return next(positions, (None, None, None, None))


def underlined(source: str, start: int, end: int) -> str:
    """Strip `source`; put carets below it from `start` to `end`, unless they span it all."""
    text = source.strip()
    indent = len(source) - len(source.lstrip())
    start, end = max(start - indent, 0), min(end - indent, len(text))
    if start >= end or (start, end) == (0, len(text)):
        return "    " + text
    return f"    {text}\n    {' ' * start}{'^' * (end - start)}"
