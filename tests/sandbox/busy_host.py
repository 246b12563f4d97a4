"""A host to be killed: enters a pool, says its tier once jobs run, and waits for them.

Run as `python -m tests.sandbox.busy_host TIER`.
"""

import sys

import anyio

from jax_workbench.sandbox.policy import JobSpec, Limits
from jax_workbench.sandbox.pool import LocalPool
from tests.sandbox.conftest import job, plain_profile

LONG = Limits(wall_s=600)


async def main(tier: str) -> None:
    """Never return by itself."""
    async with (
        LocalPool(plain_profile(), tier=tier, n_warm=2) as pool,
        anyio.create_task_group() as group,
    ):

        async def run(spec: JobSpec) -> None:
            # The first one to speak: in the weaker tiers the others wait for it.
            await pool.run(spec, on_progress=lambda _said: print(pool.status().tier, flush=True))  # noqa: T201

        for function in ("sleep", "sleep", "spin"):
            group.start_soon(run, job(function, s=600, limits=LONG))


if __name__ == "__main__":
    anyio.run(main, sys.argv[1])
