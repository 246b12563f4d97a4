"""Calls run_mcmc as a client would: through the server's own pool, each in a fresh worker."""

import tempfile
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio

from jax_workbench.server.background_pool import BackgroundPool
from jax_workbench.server.call import Caller
from jax_workbench.server.reply import Failed
from jax_workbench.server.run_store import RunStore, new_run_id
from jax_workbench.server.sandboxing import local_pool
from jax_workbench.server.settings import Settings
from jax_workbench.server.watch import Watch
from jax_workbench.tools.run_mcmc import TOOL, RunMcmcAsk


class Client:
    """One client's session: calls, one after another, in workers of one pool."""

    def __init__(self, pool: BackgroundPool, store: RunStore, settings: Settings) -> None:
        """Call through `pool` and keep runs in `store`."""
        self._caller = Caller(pool, store, settings)
        self._store = store

    async def call(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The envelope of one call; raises where there is no answer."""
        ask = RunMcmcAsk.model_validate(dict(arguments))
        ending = await self._caller.run(TOOL, ask, Watch(new_run_id(TOOL.name)))
        if isinstance(ending, Failed):
            raise RuntimeError(ending.text())  # noqa: TRY004 - the call failed
        return ending.envelope

    def file(self, envelope: Mapping[str, Any], name: str) -> bytes:
        """The bytes of an artifact."""
        sizes = {artifact["name"]: artifact["bytes"] for artifact in envelope["artifacts"]}
        file = self._store.file(envelope["run"]["run_id"], name, sizes[name])
        if file is None:
            raise RuntimeError(f"{name} was not kept")
        return file.content


@asynccontextmanager
async def client(root: Path | None = None) -> AsyncGenerator[Client]:
    """A session of its own; `root` is where its calls may read files."""
    with tempfile.TemporaryDirectory() as state:
        settings = Settings(state_dir=Path(state), roots=(root,) if root else ())
        store = RunStore.open(settings)
        pool = BackgroundPool(local_pool(settings))
        async with anyio.create_task_group() as group:
            group.start_soon(pool.hold)
            try:
                yield Client(pool, store, settings)
            finally:
                pool.leave()
                store.close()


def in_a_session(work: Callable[[Client], Any], root: Path | None = None) -> Any:
    """What `work(client)` gives, in a session of its own."""

    async def whole() -> Any:
        async with client(root) as session:
            return await work(session)

    return anyio.run(whole)
