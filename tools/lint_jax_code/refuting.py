"""Whether a run refutes a finding: what it claims was put to the test, and did not come.

Runs in the worker. A claim was put to the test where the run passed the very place, without any
error in the whole text, and where every line that names the function around it was reached: else
another call might have met what the finding speaks of.
"""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jax_workbench.tools.lint_jax_code.passing import Passes, Place
from jax_workbench.tools.lint_jax_code.source import Source

RAISE_WHERE_STAGED = frozenset(
    f"JAX{n}" for n in (101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 113, 114, 115)
)
"""Rules whose claim is that this expression raises while a function is traced."""
RAISE_ANYWHERE = frozenset(
    f"JAX{n}" for n in (401, 404, 405, 411, 720, 721, 722, 801, 803, 805, 807, 808)
) | frozenset(("NNX102", "NNX104", "NNX111"))
"""Rules whose claim is that this expression raises, in whatever it stands."""
REUSE = frozenset(("JAX301", "JAX302", "JAX303"))
COMPILE_ANEW = frozenset(("JAX505", "JAX512"))
REFUTABLE = RAISE_WHERE_STAGED | RAISE_ANYWHERE | REUSE | COMPILE_ANEW
TURNS = 3
"""Passes after which a function that is compiled in each would have been compiled again."""
IN_A_LOOP = "JAX303"


@dataclass(frozen=True)
class Claim:
    """A finding, the place that it speaks of, and where a key was used before."""

    code: str
    lines: tuple[int, int]
    at: Place
    before: Place | None = None


def claims_in(found: Sequence[Mapping[str, Any]], passes: Passes) -> list[Claim | None]:
    """The claim of each finding that a run could refute; its places are watched from now on."""
    return [claim_of(f, passes) if f["code"] in REFUTABLE else None for f in found]


def claim_of(finding: Mapping[str, Any], passes: Passes) -> Claim:
    """One finding as a claim."""
    start = offset_of(passes.source, finding["line"], finding["column"])
    end = offset_of(passes.source, finding["end_line"], finding["end_column"])
    before = None
    if finding["code"] in REUSE and (related := finding["related"]):
        first = call_at(passes.source, related[0]["line"], related[0]["column"])
        before = first and passes.place(*first)
    lines = (finding["line"], finding["end_line"])
    return Claim(finding["code"], lines, passes.place(start, end), before)


def offset_of(source: Source, line: int, column: int) -> int:
    """Offset of a 1-based line and column."""
    return source.lines.starts[line - 1] + column - 1


def call_at(source: Source, line: int, column: int) -> tuple[int, int] | None:
    """Offsets of the call that begins there."""
    start = offset_of(source, line, column)
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call) or node.end_lineno is None:
            continue
        if source.lines.offset(node.lineno, node.col_offset) == start:
            return start, source.lines.offset(node.end_lineno, node.end_col_offset or 0)
    return None


def is_refuted_by_running(claim: Claim, passes: Passes, compiled: Counter[int]) -> bool:
    """Whether an ordinary run refutes it; `compiled` counts compilations by line."""
    first, last = claim.lines
    if claim.code in RAISE_WHERE_STAGED:
        is_so = claim.at.is_passed_staged()
    elif claim.code in RAISE_ANYWHERE:
        is_so = claim.at.is_passed()
    elif claim.code in COMPILE_ANEW:
        n = sum(compiled[line] for line in range(first, last + 1))
        is_so = claim.at.is_passed() and claim.at.n_in_a_row >= TURNS and n == 1
    else:
        is_so = False
    return is_so and is_always_reached(passes, first)


def is_refuted_by_the_checker(claim: Claim, passes: Passes) -> bool:
    """Whether a silent run under JAX's own checker of keys refutes it.

    The checker sees no reuse across `vmap`, and does not know that keys which `fold_in` made of
    one number are one key, wherever in the text they are made.
    """
    is_blind = "fold_in" in passes.source.text
    if claim.code not in REUSE or claim.before is None or is_blind:
        return False
    both = (claim.before, claim.at)
    if any(not p.is_passed() or p.done_mapped for p in both):
        return False
    if not claim.before.is_with(claim.at):
        return False
    # What repeats itself shows in the second turn.
    if claim.code == IN_A_LOOP and claim.at.n_in_a_row < TURNS - 1:
        return False
    return is_always_reached(passes, claim.lines[0])


def is_always_reached(passes: Passes, line: int) -> bool:
    """Whether every line was reached that names a function around that line, and so on upwards."""
    tree = passes.source.tree
    known: set[str] = set()
    lines = [line]
    while lines:
        for name in names_around(tree, lines.pop()):
            if name.startswith("__"):
                return False  # Python calls it, by no name.
            if name in known:
                continue
            known.add(name)
            uses = [*lines_that_name(tree, name)]
            if not uses or not passes.reached.issuperset(uses):
                return False
            lines += uses
    return True


def names_around(tree: ast.Module, line: int) -> Iterator[str]:
    """Names of the functions that a line stands in, and of what lambdas in it are assigned to."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Assign):
            continue
        if isinstance(node, ast.Assign):
            if isinstance(node.value, ast.Lambda) and covers(node, line):
                yield from (t.id for t in node.targets if isinstance(t, ast.Name))
        elif covers(node, line) and node.body[0].lineno <= line:
            yield node.name


def covers(node: ast.stmt, line: int) -> bool:
    """Whether a statement has that line."""
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def lines_that_name(tree: ast.Module, name: str) -> Iterator[int]:
    """Lines on which a function is read by its name."""
    for node in ast.walk(tree):
        is_name = isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        if isinstance(node, ast.expr) and (
            is_name or (isinstance(node, ast.Attribute) and node.attr == name)
        ):
            yield node.end_lineno or node.lineno
