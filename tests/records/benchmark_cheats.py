# ruff: noqa: T201
"""What each class of cheating gave: a line each, in the real sandbox.

    python -m tests.records.benchmark_cheats

Runs the programs of `tests/tools/benchmark_fn/cheats.py` against the honest product and writes
`benchmark_cheats.md` beside this file. Cheats that only fake their times do three products' work:
honestly timed they are slower. The last column compares them with that work without the cheat:
honestly timed they are the same.
"""

import platform
from importlib.metadata import version
from pathlib import Path

import anyio

from jax_workbench.server.background_pool import BackgroundPool
from jax_workbench.server.sandboxing import local_pool
from jax_workbench.server.settings import Settings
from jax_workbench.tools.benchmark_fn import BenchmarkFnAnswer, Comparison
from tests.records.record_file import table
from tests.tools.benchmark_fn.cheats import (
    HEAD,
    LYING,
    REJECTED,
    REJECTED_TOO,
    SLOWER,
    TIMED_HONESTLY,
    UNCHEATED,
)
from tests.tools.benchmark_fn.test_cheats import benchmark


async def rows() -> list[list[str]]:
    """One row a cheat: what the tool said of it."""
    groups = (
        {name: SLOWER + code for name, code in TIMED_HONESTLY.items()},
        {name: HEAD + code for name, (_, code) in REJECTED.items()},
        {name: HEAD + code for name, (_, code) in REJECTED_TOO.items()},
        {name: HEAD + code for name, (_, code) in LYING.items()},
    )
    found: list[list[str]] = []
    pool = BackgroundPool(local_pool(Settings()))
    async with anyio.create_task_group() as group:
        group.start_soon(pool.hold)
        for cheats in groups:
            for c in compared(await benchmark(pool, cheats)):
                found.append([c.candidate.replace("_", " "), c.verdict, c.reason, ratio(c), ""])
                print(found[-1], flush=True)
        for row, c in zip(
            found, compared(await benchmark(pool, groups[0], UNCHEATED)), strict=False
        ):
            row[-1] = f"{c.verdict}, {ratio(c)}"
        pool.leave()
    return found


def compared(answer: BenchmarkFnAnswer) -> tuple[Comparison, ...]:
    """Each cheat's comparison with the baseline."""
    if answer.result is None:
        raise RuntimeError(answer.summary)
    return tuple(answer.result.comparisons)


def ratio(found: Comparison) -> str:
    """Its time against the baseline's, with the interval; empty where it was not timed."""
    if found.time_ratio is None or found.ci_low is None:
        return ""
    return f"{found.time_ratio:.2f} [{found.ci_low:.2f}, {found.ci_high:.2f}]"


def main() -> None:
    """Measure, print and write the record."""
    found = anyio.run(rows)
    n_fooled = sum(verdict in {"faster", "same"} for _, verdict, *_ in found)
    text = [
        "# Cheats",
        "",
        f"{len(found)} cheats; {n_fooled} were called as fast as the honest product or faster.",
        "",
        *table(["cheat", "verdict", "reason", "time ratio", "against its own work"], found),
        "",
        f"Python {platform.python_version()}, jax {version('jax')}.",
        "",
    ]
    Path(__file__).with_suffix(".md").write_text("\n".join(text), encoding="utf-8")


if __name__ == "__main__":
    main()
