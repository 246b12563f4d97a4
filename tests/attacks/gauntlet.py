"""Sends hostile programs through the real call path and says which of them got through."""

import json
import re
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import anyio

from jax_workbench.sandbox.errors import JobFailed
from jax_workbench.sandbox.face import Pool
from jax_workbench.sandbox.policy import Blob, JobSpec, Measured, Outcome, PoolStatus
from jax_workbench.server.call import Caller
from jax_workbench.server.reply import Failed, reply
from jax_workbench.server.run_store import RunStore, new_run_id
from jax_workbench.server.settings import Settings
from jax_workbench.server.watch import Watch
from jax_workbench.tools.run_jax_code import TOOL, RunJaxCodeAsk
from tests.attacks.bait import Bait
from tests.attacks.program import PRELUDE, Program

MEMORY_MIB = 512
_AT_ONCE = 2
_BASELINE_MIB = 400
"""What a worker holds before its job, at most."""
_OVERSHOOT_MIB = 512
"""A watchdog that looks every 50 ms sees 3 GiB/s late."""
_LATE_S = 5.0
"""A kill at the limit may take that much longer on a busy machine."""
_STEERING = re.compile(r"\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


@dataclass
class Verdict:
    """What came of one program."""

    program: Program
    ends: list[str] = field(default_factory=list[str])
    """Of each part, in the words of `ENDS`."""
    breaches: list[str] = field(default_factory=list[str])
    said: list[str] = field(default_factory=list[str])
    """What an agent reads of each part."""

    @property
    def surprise(self) -> str:
        """An end that the program did not state; empty for none."""
        allowed = [self.program.ends, *[frozenset(("ok",))] * (len(self.ends) - 1)]
        if all(end in expected for end, expected in zip(self.ends, allowed, strict=True)):
            return ""
        return f"{self.program.name} ended {self.ends}: {' | '.join(self.said)[:400]}"


class Recorder:
    """A pool that remembers what the host knew of its last job."""

    def __init__(self, pool: Pool) -> None:
        """Hand every job on to `pool`."""
        self._pool = pool
        self.measured: Measured | None = None
        self.printed = ""
        self.heard: list[str] = []

    async def run(
        self,
        spec: JobSpec,
        *,
        on_progress: Callable[[str], None],
        on_queue: Callable[[int], None],
        on_draft: Callable[[Blob], None],
    ) -> Outcome:
        """Run one job."""

        def hear(message: str) -> None:
            self.heard.append(message)
            on_progress(message)

        try:
            outcome = await self._pool.run(
                spec, on_progress=hear, on_queue=on_queue, on_draft=on_draft
            )
        except JobFailed as failed:
            self.measured, self.printed = failed.measured, failed.stdout + failed.stderr
            raise
        self.measured, self.printed = outcome.measured, outcome.stdout + outcome.stderr
        return outcome

    def status(self) -> PoolStatus:
        """How the sandbox stands."""
        return self._pool.status()


class Gauntlet:
    """Runs programs as calls of `run_jax_code`, against one pool and one set of bait."""

    def __init__(self, pool: Pool, bait: Bait, state: Path) -> None:
        """Keep the runs below `state`."""
        self.pool = pool
        self._bait = bait
        self._settings = Settings(memory_mib=MEMORY_MIB, state_dir=state, runs_mib=64)
        self._store = RunStore.open(self._settings)
        self._seal = f"BREACH-{secrets.token_hex(8)}:"
        told = json.dumps(bait.host)
        self._prelude = PRELUDE.replace("HOST: dict[str, Any] = {}", f"HOST = {told}").replace(
            '_SEAL = ""', f'_SEAL = "{self._seal[::-1]}"'
        )

    async def run(self, programs: Iterable[Program]) -> list[Verdict]:
        """Run them, a few at a time; verdicts come in the order of the programs."""
        verdicts = [Verdict(program) for program in programs]
        room = anyio.CapacityLimiter(_AT_ONCE)
        async with anyio.create_task_group() as group:
            for verdict in verdicts:
                group.start_soon(self._one, verdict, room)
        return verdicts

    async def _one(self, verdict: Verdict, room: anyio.CapacityLimiter) -> None:
        parts = verdict.program.parts
        verdict.ends, verdict.said = [""] * len(parts), [""] * len(parts)
        async with room:
            if not verdict.program.is_beside:
                for index in range(len(parts)):
                    await self._call(verdict, index)
                return
            async with anyio.create_task_group() as group:
                for index in range(len(parts)):
                    group.start_soon(self._call, verdict, index)

    async def _call(self, verdict: Verdict, index: int) -> None:
        code = f"{self._prelude}\n{verdict.program.parts[index]}"
        ask = RunJaxCodeAsk(code=code, timeout_s=verdict.program.wall_s)
        recorder = Recorder(self.pool)
        caller = Caller(cast("Any", recorder), self._store, self._settings)
        watch = Watch(new_run_id(TOOL.name))
        ending = await caller.run(TOOL, ask, watch)
        verdict.ends[index] = ending.code if isinstance(ending, Failed) else "ok"
        result = reply(ending)
        sent = result.model_dump_json()
        verdict.said[index] = str(getattr(result.content[0], "text", ""))
        texts = [verdict.said[index], recorder.printed, watch.message, *recorder.heard]
        saved = [file.read_bytes() for file in (self._store.root / "runs" / watch.run_id).glob("*")]
        # The stored run holds the program itself, and with it what it was told.
        found = self._breaches([*texts, sent], [one for one in saved if code.encode() not in one])
        if any(map(_STEERING.search, texts)):
            found.append("gave the host text that steers a terminal")
        verdict.breaches += dict.fromkeys(found + _over_limits(recorder.measured, verdict.program))

    def _breaches(self, texts: Sequence[str], saved: Sequence[bytes]) -> list[str]:
        lines = "\n".join(texts).replace("\\n", "\n").splitlines()
        found = [line.partition(self._seal)[2] for line in lines if self._seal in line]
        everything = [*(text.encode() for text in texts), *saved]
        for place, secret in self._bait.secrets.items():
            wanted = (secret.encode(), secret[::-1].encode())
            if any(word in one for word in wanted for one in everything):
                found.append(f"read the bait: {place}")
        return found


def _over_limits(measured: Measured | None, program: Program) -> list[str]:
    if measured is None:
        return []
    found: list[str] = []
    if measured.wall_s > program.wall_s + _LATE_S:
        found.append(f"ran {measured.wall_s:.1f} s instead of {program.wall_s:g}")
    if measured.peak_rss_mib > _BASELINE_MIB + MEMORY_MIB + _OVERSHOOT_MIB:
        found.append(f"held {measured.peak_rss_mib:.0f} MiB instead of {MEMORY_MIB}")
    return found


async def settled(
    pool: Pool, n_ready: int, count: Callable[[], int] = lambda: 0, limit_s: float = 600.0
) -> None:
    """Return when the pool is idle and full, and nothing but its ready workers is left in the jail.

    Args:
        pool: Whose jail it is.
        n_ready: How many workers it keeps.
        count: Processes in the jail: bubblewrap twice, the zygote, two for each worker.
        limit_s: After that it is an error that there is more.
    """
    expected = (0, 3 + 2 * n_ready)
    with anyio.fail_after(limit_s):
        while True:
            status = pool.status()
            if status.n_ready >= n_ready and not status.n_running and count() in expected:
                return
            await anyio.sleep(0.05)


@dataclass
class Pulse:
    """Measures how long the event loop was away while it runs."""

    longest_s: float = 0.0

    async def beat(self, interval_s: float = 0.01) -> None:
        """Wake often, and keep the longest delay."""
        while True:
            due = time.perf_counter() + interval_s
            await anyio.sleep(interval_s)
            self.longest_s = max(self.longest_s, time.perf_counter() - due)


def worst(verdicts: Sequence[Verdict]) -> tuple[list[str], list[str]]:
    """Breaches and surprises, each with its program's name."""
    breaches = [f"{v.program.name}: {what}" for v in verdicts for what in v.breaches]
    return breaches, [v.surprise for v in verdicts if v.surprise]
