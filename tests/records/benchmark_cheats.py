# ruff: noqa: T201
"""What each class of cheating gave: a line each, in the real sandbox.

    python -m tests.records.benchmark_cheats

Runs the programs of `tests/tools/benchmark_fn/test_cheats.py` against the honest product and writes
`benchmark_cheats.md` beside this file. Cheats that only fake their times do three products' work:
honestly timed they are slower.
"""

import platform
from importlib.metadata import version
from pathlib import Path

import anyio

from jax_workbench.server.background_pool import BackgroundPool
from jax_workbench.server.sandboxing import local_pool
from jax_workbench.server.settings import Settings
from tests.records.record_file import table
from tests.tools.benchmark_fn.test_cheats import (
    HEAD,
    REJECTED,
    REJECTED_TOO,
    SLOWER,
    TIMED_HONESTLY,
    benchmark,
)


async def rows() -> list[list[str]]:
    """One row a cheat: what the tool said of it."""
    groups = (
        {name: SLOWER + code for name, code in TIMED_HONESTLY.items()},
        {name: HEAD + code for name, (_, code) in REJECTED.items()},
        {name: HEAD + code for name, (_, code) in REJECTED_TOO.items()},
    )
    found: list[list[str]] = []
    pool = BackgroundPool(local_pool(Settings()))
    async with anyio.create_task_group() as group:
        group.start_soon(pool.hold)
        for cheats in groups:
            answer = await benchmark(pool, cheats)
            if answer.result is None:
                raise RuntimeError(answer.summary)
            for c in answer.result.comparisons:
                ratio = "" if c.time_ratio is None else f"{c.time_ratio:.2f}"
                found.append([c.candidate.replace("_", " "), c.verdict, c.reason, ratio])
                print(found[-1], flush=True)
        pool.leave()
    return found


def main() -> None:
    """Measure, print and write the record."""
    found = anyio.run(rows)
    n_fooled = sum(verdict in {"faster", "same"} for _, verdict, _, _ in found)
    text = [
        "# Cheats",
        "",
        f"{len(found)} cheats; {n_fooled} were called as fast as the honest product or faster.",
        "",
        *table(["cheat", "verdict", "reason", "time ratio"], found),
        "",
        f"Python {platform.python_version()}, jax {version('jax')}.",
        "",
    ]
    Path(__file__).with_suffix(".md").write_text("\n".join(text), encoding="utf-8")


if __name__ == "__main__":
    main()
