"""A host to be killed: enters a pool, says that its job runs, and waits for it.

Run as `python -m tests.sandbox.busy_host`.
"""

import anyio

from jax_workbench.sandbox.policy import Limits
from jax_workbench.sandbox.pool import LocalPool
from tests.sandbox.conftest import job, plain_profile


async def main() -> None:
    """Never return by itself."""
    async with LocalPool(plain_profile(), n_warm=2) as pool:
        sleeper = job("sleep", s=600, limits=Limits(wall_s=600))
        await pool.run(sleeper, on_progress=lambda said: print(said, flush=True))  # noqa: T201


if __name__ == "__main__":
    anyio.run(main)
