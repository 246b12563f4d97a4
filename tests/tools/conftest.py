"""How strict JAX is where the tools' own arithmetic is tested, and the sandbox that tests share."""

from collections.abc import AsyncIterator

import anyio
import jax
import pytest

from jax_workbench.server.background_pool import BackgroundPool
from jax_workbench.server.sandboxing import local_pool
from jax_workbench.server.settings import Settings

# Silent broadcasting and silent casts are where array bugs hide. Not jax_enable_x64: the tests run
# with the precision that ships.
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")


@pytest.fixture(scope="module")
async def pool() -> AsyncIterator[BackgroundPool]:
    """The real sandbox on this host, shared by the tests of one file."""
    running = BackgroundPool(local_pool(Settings()))
    async with anyio.create_task_group() as group:
        group.start_soon(running.hold)
        yield running
        running.leave()
