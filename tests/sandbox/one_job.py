"""Runs one job in the tier that is asked for, and prints what came of it.

Run as `python -m tests.sandbox.one_job TIER [FUNCTION]`.
"""

import json
import os
import sys
from typing import Any

import anyio

from jax_workbench.sandbox.errors import SandboxError
from jax_workbench.sandbox.pool import LocalPool
from tests.processes import descendants
from tests.sandbox.conftest import job, plain_profile


async def main(tier: str, function: str) -> None:
    came: dict[str, Any] = {}
    pool = LocalPool(plain_profile(), tier=tier, n_warm=1)
    async with pool:
        try:
            came["value"] = (await pool.run(job(function, x=1))).value
        except SandboxError as error:
            came |= {"failed": error.code, "cause": error.cause, "next_step": error.next_step}
        status = pool.status()
    came |= {"tier": status.tier, "shortfall": status.shortfall}
    came["left"] = len(descendants(os.getpid()))
    print(json.dumps(came))  # noqa: T201


if __name__ == "__main__":
    _, asked_tier, *named = sys.argv
    anyio.run(main, asked_tier, named[0] if named else "echo")
