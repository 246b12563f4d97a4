"""What the probe's canary takes for a process of the host, and what not."""

import os
from pathlib import Path
from typing import Any

import pytest

from jax_workbench.sandbox.policy import JobSpec, Limits
from jax_workbench.sandbox.pool import LocalPool
from tests.processes import descendants
from tests.sandbox.conftest import plain_profile

pytestmark = pytest.mark.anyio
SEES = "see a process of the host"


async def denied(pool: LocalPool, host: tuple[int, int, int], tmp_path: Path) -> bool:
    """Whether a job that goes for the process `host` (its number, group and session) is denied."""
    secret = tmp_path / "secret"
    argument: dict[str, Any] = {"folder": str(tmp_path), "secret": str(secret), "port": 1}
    argument |= {"abstract": "nobody", "host": host, "smoke": "", "tier": "landlock"}
    function = "jax_workbench.sandbox.worker.canary:attempt"
    outcome = await pool.run(JobSpec(function, argument, limits=Limits(wall_s=60)))
    return outcome.value["attempts"][SEES]


@pytest.mark.parametrize("number", [1, 2])
async def test_a_number_that_the_job_has_itself_is_no_process_of_the_host(
    number: int, pool: LocalPool, tmp_path: Path
) -> None:
    """In a container the server's number is as small as that of a job in its own namespace."""
    assert await denied(pool, (number, number, number), tmp_path)


async def test_a_process_that_nothing_hides_is_seen(tmp_path: Path) -> None:
    async with LocalPool(plain_profile(), tier="none", n_warm=1) as bare:
        await denied(bare, (1, 1, 1), tmp_path)
        zygote = next(iter(descendants(os.getpid())))

        assert not await denied(bare, (zygote, os.getpgid(zygote), os.getsid(zygote)), tmp_path)
