"""Keeps an answer below what clients hand on to their model. Runs in the server."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from jax_workbench.tools.benchmark_fn import BenchmarkFnAnswer, BenchmarkFnResult, Check
from jax_workbench.tools.common.cut_text import cut_end, cut_middle, json_bytes
from jax_workbench.tools.contract import Note

NOTE_BYTES = 600
CHECK_BYTES = 300
LEAF_BYTES = 80
FLAGS_BYTES = 300
MANY_ROWS = 8


@dataclass(frozen=True)
class Room:
    """Bytes for all notes, all checks, the leaves on either side, and the sentence."""

    notes: int
    checks: int
    leaves: int
    summary: int


ROOMY, NARROW = Room(5000, 2500, 500, 1600), Room(900, 500, 150, 600)
"""For up to `MANY_ROWS` variants times sizes, and for more."""


def fitted(answer: BenchmarkFnAnswer) -> BenchmarkFnAnswer:
    """The answer with its longest texts cut, and the least of its notes and checks left out.

    Numbers, verdicts and reason codes are never cut: what limits them is checked in the arguments.
    """
    result = answer.result
    has_many_rows = result is not None and len(result.variants) > MANY_ROWS
    room = NARROW if has_many_rows else ROOMY
    return answer.model_copy(
        update={
            "summary": cut_middle(answer.summary, room.summary),
            "notes": fitted_notes(answer.notes, room.notes),
            "result": result and fitted_result(result, room),
        }
    )


def fitted_result(result: BenchmarkFnResult, room: Room) -> BenchmarkFnResult:
    """The result with fewer and shorter checks and leaves."""
    environment = result.environment.model_copy(
        update={
            "inputs": fitted_leaves(result.environment.inputs, room.leaves),
            "outputs": fitted_leaves(result.environment.outputs, room.leaves),
            "xla_flags": cut_end(result.environment.xla_flags, FLAGS_BYTES),
        }
    )
    return result.model_copy(
        update={"environment": environment, "checks": fitted_checks(result.checks, room.checks)}
    )


def fitted_notes(notes: Sequence[Note], room_bytes: int) -> tuple[Note, ...]:
    """The first notes; of the others their codes, in one note."""
    cut = [note.model_copy(update={"text": cut_middle(note.text, NOTE_BYTES)}) for note in notes]
    kept = that_fit(cut, room_bytes, lambda note: json_bytes(note.text) + len(note.code))
    rest = cut[len(kept) :]
    if not rest:
        return tuple(kept)
    said = f"{len(rest)} more: {counted(note.code for note in rest)}. Fewer variants bring them."
    is_warning = any(note.severity == "warning" for note in rest)
    severity = "warning" if is_warning else "info"
    return (*kept, Note(code="notes_left_out", severity=severity, text=said))


def fitted_checks(checks: Sequence[Check], room_bytes: int) -> tuple[Check, ...]:
    """All checks where there is room; else failed ones first, and the codes of the others."""
    cut = [c.model_copy(update={"text": cut_middle(c.text, CHECK_BYTES)}) for c in checks]
    if len(that_fit(cut, room_bytes, size_of_check)) == len(cut):
        return tuple(cut)
    worst = sorted(cut, key=lambda check: check.ok)
    kept = that_fit(worst, room_bytes, size_of_check)
    left_out = (
        Check(code="left_out", ok=ok, text=f"There is no room for: {counted(codes)}.")
        for ok in (False, True)
        if (codes := [check.code for check in worst[len(kept) :] if check.ok == ok])
    )
    return (*kept, *left_out)


def size_of_check(check: Check) -> int:
    """Bytes of its words."""
    return json_bytes(check.text) + len(check.code)


def fitted_leaves(leaves: Sequence[str], room_bytes: int) -> tuple[str, ...]:
    """The first leaves, and how many more there are."""
    cut = [short_leaf(leaf) for leaf in leaves]
    kept = that_fit(cut, room_bytes, json_bytes)
    n_more = len(cut) - len(kept)
    return (*kept, f"and {n_more} more") if n_more else tuple(kept)


def short_leaf(leaf: str) -> str:
    """A leaf's path cut; its type, which stands last, is kept."""
    path, mark, kind = leaf.rpartition(": ")
    return f"{cut_end(path, LEAF_BYTES)}{mark}{cut_end(kind, LEAF_BYTES)}"


def that_fit[T](parts: Sequence[T], room_bytes: int, n_bytes: Callable[[T], int]) -> list[T]:
    """The first parts, as far as there is room."""
    kept: list[T] = []
    for part in parts:
        room_bytes -= n_bytes(part)
        if room_bytes < 0:
            break
        kept.append(part)
    return kept


def counted(codes: Iterable[str]) -> str:
    """Each code once, with how often it came."""
    found: dict[str, int] = {}
    for code in codes:
        found[code] = found.get(code, 0) + 1
    return ", ".join(f"{code} ({n})" if n > 1 else code for code, n in found.items())
