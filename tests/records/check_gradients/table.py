"""The record as a table."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import Any

type Row = dict[str, Any]
type Rows = Sequence[Row]
type Test = Callable[[Row], bool]

FACTS = ("leaf", "element", "rule", "primitive", "line")


def table(rows: Rows, about: dict[str, Any]) -> str:
    """Markdown: bars first, then whatever was not as expected."""
    good = {row["name"] for row in rows if is_correct(row)}
    bad = {row["name"] for row in rows if is_faulty(row)}
    lines = [
        "# check_gradients: the record",
        "",
        heading(len(good), len(bad), about["seeds"]),
        "",
        f"{len(rows)} of {about['n_planned']} checks were run"
        + ("." if len(rows) == about["n_planned"] else ": this is a part of the record."),
        "",
        "Versions: " + ", ".join(f"{k} {v}" for k, v in about["versions"].items()) + ".",
        "",
        "| | this tool, float32 | float64 | `check_grads`, float32 | float64 |",
        "| --- | --- | --- | --- | --- |",
        bar(rows, "correct functions called wrong", is_correct, is_false_alarm, is_failed),
        bar(rows, "correct functions without a verdict", is_correct, is_undecided, raised),
        bar(rows, "faulty functions passed", is_faulty, is_missed, is_passed),
        bar(rows, "faulty functions without a verdict", is_faulty, is_undecided, raised),
        bar(rows, "right kind", is_faulty, is_right_kind),
        *(bar(rows, f"{fact} named", asks_for(fact), names(fact)) for fact in FACTS),
        "",
        speed(rows),
        "",
        *exceptions(rows),
    ]
    return "\n".join(lines) + "\n"


def heading(n_good: int, n_bad: int, seeds: Sequence[int]) -> str:
    """What was measured, and how."""
    return (
        f"{n_good} correct functions and {n_bad} faulty ones, in float32 and float64 as counted "
        "below, seeds "
        f"{', '.join(map(str, seeds))}, through the tool's plan and jobs in "
        "one process. "
        "`check_grads` is `jax.test_util.check_grads` at its defaults on the same arguments (seed "
        "0), pass or fail only. Written by `python -m tests.records.check_gradients`."
    )


def bar(rows: Rows, name: str, among: Test, mine: Test, theirs: Test | None = None) -> str:
    """One line: counts in float32 and float64, of this tool and of check_grads."""
    cells: list[str] = []
    for x64 in (False, True):
        chosen = [row for row in rows if row["x64"] is x64 and among(row)]
        cells.append(f"{sum(map(mine, chosen))}/{len(chosen)}")
    for x64 in (False, True):
        compared = [row for row in rows if row["x64"] is x64 and among(row) and was_compared(row)]
        cells.append(f"{sum(map(theirs, compared))}/{len(compared)}" if theirs else "")
    return f"| {name} | " + " | ".join(cells) + " |"


def is_correct(row: Row) -> bool:
    """Nothing is wrong with the function."""
    return row["expected"] == "pass"


def is_faulty(row: Row) -> bool:
    """Something is wrong with the function, or worth knowing."""
    return not is_correct(row)


def is_false_alarm(row: Row) -> bool:
    """A correct function that got another verdict."""
    return is_correct(row) and row["status"] not in {"pass", "inconclusive"}


def is_missed(row: Row) -> bool:
    """A faulty function that passed."""
    return is_faulty(row) and row["status"] == "pass"


def is_undecided(row: Row) -> bool:
    """No verdict."""
    return row["status"] == "inconclusive"


def is_right_kind(row: Row) -> bool:
    """The verdict is the right one of the twelve."""
    return row["status"] == row["expected"]


def was_compared(row: Row) -> bool:
    """Whether check_grads was run."""
    return row["check_grads"] != "not run"


def is_failed(row: Row) -> bool:
    """By check_grads."""
    return row["check_grads"] == "fail"


def is_passed(row: Row) -> bool:
    """By check_grads."""
    return row["check_grads"] == "pass"


def raised(row: Row) -> bool:
    """check_grads gave up with an exception that is not its verdict."""
    return not (is_failed(row) or is_passed(row))


def asks_for(fact: str) -> Test:
    """Rows of which a fact is known."""

    def is_known(row: Row) -> bool:
        return row[fact] is not None

    return is_known


def names(fact: str) -> Test:
    """Rows in which the fact was named."""

    def is_named(row: Row) -> bool:
        return row[fact] is True

    return is_named


def speed(rows: Rows) -> str:
    """Resolution and cost."""
    resolutions = sorted(r["resolution"] for r in rows if r["resolution"] and r["status"] == "pass")
    mine = statistics.median(r["seconds"] for r in rows)
    theirs = statistics.median(
        r["check_grads_seconds"] for r in rows if r["check_grads"] != "not run"
    )
    if not resolutions:
        return f"No passes. Median {mine:.1f} s a check."
    at = resolutions[int(0.9 * (len(resolutions) - 1))]
    evaluations = statistics.median(r["evaluations"] for r in rows if r["status"] == "pass")
    return (
        f"Resolution of the passes: median {statistics.median(resolutions):.1e}, 90th percentile "
        f"{at:.1e}, worst {resolutions[-1]:.1e}. Median {mine:.1f} s a check (`check_grads` "
        f"{theirs:.1f} s), compilation included; {evaluations:.0f} evaluations to pass."
    )


def exceptions(rows: Rows) -> Iterable[str]:
    """Every row that is not as it should be."""
    yield "## Not as expected"
    yield ""
    wrong = [
        r for r in rows if r["status"] != r["expected"] or any(r[fact] is False for fact in FACTS)
    ]
    for row in wrong:
        missing = [fact for fact in FACTS if row[fact] is False]
        precision = "float64" if row["x64"] else "float32"
        yield (
            f"- {row['name']} ({precision}, seed {row['seed']}): {row['status']}, expected "
            f"{row['expected']}" + (f"; not named: {', '.join(missing)}" if missing else "")
        )
    if not wrong:
        yield "Nothing."
