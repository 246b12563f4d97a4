"""The local pool: keeps workers warm, lends each to one job, throws it away. Runs in the host."""

import logging
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

import anyio
import anyio.abc

from jax_workbench.sandbox.device_lock import device_lock
from jax_workbench.sandbox.errors import SandboxError, SandboxUnavailable
from jax_workbench.sandbox.lanes import Lanes
from jax_workbench.sandbox.policy import (
    Blob,
    JobSpec,
    Outcome,
    PoolStatus,
    Profile,
    Shape,
    Tier,
    available_cores,
)
from jax_workbench.sandbox.probe import JailLeaks, probe
from jax_workbench.sandbox.remedies import is_known, remedy_for
from jax_workbench.sandbox.session_files import SessionFiles
from jax_workbench.sandbox.supervisor import ignore, supervise
from jax_workbench.sandbox.tier_choice import TierChoice
from jax_workbench.sandbox.tiers import may_step_down
from jax_workbench.sandbox.worker_process import WorkerProcess
from jax_workbench.sandbox.zygote import Zygote, started

logger = logging.getLogger(__name__)

MAX_QUEUED = 64
_SPAWNS_PER_ZYGOTE = 500
_FIRST_RETRY_S, _LAST_RETRY_S = 1.0, 60.0
_DEFAULT_SHAPE = Shape()


class LocalPool:
    """Workers on this host, in the strongest tier that holds: see docs/security.md."""

    def __init__(
        self,
        profile: Profile,
        *,
        tier: str = "auto",
        memory_mib: int = 2048,
        n_warm: int | None = None,
        base: Mapping[str, bytes] | None = None,
    ) -> None:
        """Nothing starts before the pool is entered.

        Args:
            profile: What the workers preload, and how they prepare themselves.
            tier: One of `tiers.CHOICES`. What is chosen first stays until the pool ends.
            memory_mib: A job's default memory limit, for `status`.
            n_warm: Workers kept ready; the number of cores by default.
            base: Files that every session begins with, from jobs without foreign code.
        """
        self._profile = profile
        self._tier = TierChoice(tier, profile.accelerator)
        self._memory_mib = memory_mib
        self._n_warm = n_warm or available_cores()
        n_shared = available_cores() if profile.accelerator.is_cpu else 1
        self._lanes = Lanes(n_shared=n_shared, max_queued=MAX_QUEUED)
        self.kept = SessionFiles(base=base)
        self._ready: list[WorkerProcess] = []
        self._zygote: Zygote | None = None
        self._retired: list[Zygote] = []
        self._problem: SandboxUnavailable | None = None
        self._facts: dict[str, str] = {}
        self._changed = anyio.Event()
        """Who waits for a sound zygote hears this."""
        self._wanted = anyio.Event()
        """The keeper hears this: something is missing or over."""
        self._group: anyio.abc.TaskGroup | None = None

    async def __aenter__(self) -> Self:
        """Start to fill the pool, in the background."""
        self._group = anyio.create_task_group()
        await self._group.__aenter__()
        self._group.start_soon(self._keep_filled)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        """End every worker and the zygotes; whoever waits for one is told so."""
        assert self._group  # noqa: S101 - entered
        self._report(SandboxUnavailable("The sandbox is shutting down.", "Call again later."))
        self._group.cancel_scope.cancel()
        try:
            return await self._group.__aexit__(kind, error, trace)
        finally:
            for worker in self._ready:
                worker.discard()
            for zygote in (self._zygote, *self._retired):
                if zygote:
                    await zygote.aclose()

    async def run(
        self,
        spec: JobSpec,
        *,
        on_progress: Callable[[str], None] = ignore,
        on_queue: Callable[[int], None] = ignore,
        on_draft: Callable[[Blob], None] = ignore,
    ) -> Outcome:
        """Run one job; cancelling kills it.

        Raises:
            SandboxError: There is no value; says why.
        """
        asked = anyio.current_time()
        await self._usable()
        async with (
            self._lanes.enter(spec.lane, on_queue, spec.client),
            device_lock(self._profile.accelerator.kind, spec.lane, on_queue),
        ):
            worker = await self._lend(spec.shape)
            self._call_keeper()
            # A backend that starts with the job can't have told its facts before.
            worker.facts = worker.facts or dict(self._facts)
            queue_s = anyio.current_time() - asked
            try:
                return await supervise(
                    worker, spec, queue_s, on_progress, kept=self.kept, on_draft=on_draft
                )
            finally:
                self._call_keeper()  # it may have been the last job of a retired zygote

    def status(self) -> PoolStatus:
        """How the sandbox stands now."""
        return PoolStatus(
            tier=self._tier.now,
            problem=self._problem.cause if self._problem else "",
            remedy=self._problem.next_step if self._problem else "",
            is_ready=bool(self._facts),
            n_ready=len(self._ready),
            n_running=self._lanes.n_running,
            n_queued=self._lanes.n_queued,
            device=self._facts.get("device", ""),
            platform=self._facts.get("platform", ""),
            n_cores=available_cores(),
            memory_mib=self._memory_mib,
            shortfall=self._tier.shortfall,
        )

    async def _usable(self) -> Zygote:
        """A sound zygote, waited for; raises when there will be none."""
        while self._zygote is None or not self._zygote.is_sound:
            if self._problem:
                raise SandboxUnavailable(self._problem.cause, self._problem.next_step)
            self._call_keeper()  # nobody has noticed yet that it died
            await self._changed.wait()
        return self._zygote

    def _report(self, problem: SandboxUnavailable | None) -> None:
        """Whoever waits for a zygote hears that there is one, or why there is none."""
        self._problem = problem
        self._changed.set()
        self._changed = anyio.Event()

    def _call_keeper(self) -> None:
        self._wanted.set()
        self._wanted = anyio.Event()

    async def _lend(self, shape: Shape) -> WorkerProcess:
        """A ready worker of that shape, made on demand if there is none."""
        zygote = await self._usable()
        while shape == _DEFAULT_SHAPE and self._ready:
            worker = self._ready.pop(0)
            if worker.is_waiting:
                return worker
            worker.discard()
        try:
            return await zygote.spawn_ready(shape)
        except SandboxError:
            if zygote.is_sound:
                raise
        # It died under our hands, and no job has begun: another one may do it.
        return await (await self._usable()).spawn_ready(shape)

    async def _keep_filled(self) -> None:
        """Keep a sound zygote and `n_warm` workers, whatever happens to them."""
        retry_s = _FIRST_RETRY_S
        while True:
            wanted = self._wanted
            try:
                await self._close_retired()
                if self._needs_zygote():
                    await self._renew_zygote()
                elif len(self._ready) < self._n_warm:
                    await self._add_ready()
                else:
                    await wanted.wait()
                retry_s = _FIRST_RETRY_S
            except SandboxUnavailable as problem:
                logger.error("%s", problem)  # noqa: TRY400 - the cause is the whole message
                if not self._has_zygote():
                    self._report(problem)
                await anyio.sleep(_LAST_RETRY_S)  # the operator may have mended it
            except (SandboxError, OSError) as problem:
                logger.warning("%s", problem)
                await anyio.sleep(retry_s)
                retry_s = min(2 * retry_s, _LAST_RETRY_S)
            except Exception:  # a fault of ours here must not end the server
                logger.exception("The pool could not be refilled.")
                await anyio.sleep(_LAST_RETRY_S)

    def _has_zygote(self) -> bool:
        return self._zygote is not None and self._zygote.is_sound

    def _needs_zygote(self) -> bool:
        zygote = self._zygote
        return zygote is None or not zygote.is_sound or zygote.n_spawned >= _SPAWNS_PER_ZYGOTE

    async def _renew_zygote(self) -> None:
        """Put a new zygote in the place of a missing, broken or old one."""
        if self._zygote and self._zygote.is_sound:
            async with self._lanes.refill():
                fresh = await self._proven_zygote()
        else:  # no job can run before it stands, so there is none to disturb
            fresh = await self._proven_zygote()
        if self._zygote:
            self._retired.append(self._zygote)
        self._zygote = fresh
        self._report(None)
        await self._close_retired()

    async def _proven_zygote(self) -> Zygote:
        """A new zygote whose jail was attacked and held, in the strongest tier to be had.

        Raises:
            SandboxUnavailable: It can't be built here, or leaks.
        """
        first: SandboxUnavailable | None = None
        for tier in self._tier.candidates:
            try:
                fresh = await self._attacked(tier)
            except JailLeaks:
                raise
            except SandboxUnavailable as problem:
                first = first or problem
                if not may_step_down(tier, problem.cause, is_known=is_known(problem.cause)):
                    break
            else:
                self._tier.choose(tier, first)
                if tier != "full":
                    self._lanes.narrow()
                return fresh
        raise first or SandboxUnavailable("There is no tier to try.", "Report this.")

    async def _attacked(self, tier: Tier) -> Zygote:
        fresh = await started(self._profile, tier)
        try:
            try:
                worker = await fresh.spawn_ready(_DEFAULT_SHAPE)
            except SandboxError as problem:
                if is_known(problem.cause):  # the host will refuse the next one, too
                    raise SandboxUnavailable(problem.cause, remedy_for(problem.cause)) from problem
                raise
            async with device_lock(self._profile.accelerator.kind, "shared", ignore):
                found = await probe(worker, self._profile, tier)
            self._facts = {key: str(value) for key, value in (worker.facts or found).items()}
        except BaseException:
            await fresh.aclose()
            raise
        return fresh

    async def _close_retired(self) -> None:
        """A zygote's end is the end of its workers, so an old one stays until they are gone."""
        for zygote in list(self._retired):
            old = [worker for worker in self._ready if worker.zygote is zygote]
            for worker in old:
                self._ready.remove(worker)
                worker.discard()
            if zygote.n_alive == 0 or not zygote.is_sound:
                self._retired.remove(zygote)
                await zygote.aclose()

    async def _add_ready(self) -> None:
        async with self._lanes.refill():
            assert self._zygote  # noqa: S101 - the caller saw it
            self._ready.append(await self._zygote.spawn_ready(_DEFAULT_SHAPE))
