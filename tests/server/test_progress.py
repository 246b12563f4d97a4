"""Signs of life while a call runs."""

from dataclasses import dataclass, field
from itertools import pairwise

import anyio
import pytest

from jax_workbench.server.progress import BEAT_S, heartbeats
from jax_workbench.server.watch import Watch

pytestmark = pytest.mark.anyio


@dataclass
class Listener:
    """Hears reports, and says when there were enough."""

    n_enough: int
    beats: list[tuple[float, str | None]] = field(default_factory=list[tuple[float, str | None]])
    enough: anyio.Event = field(default_factory=anyio.Event)

    async def __call__(self, progress: float, total: float | None, message: str | None) -> None:
        """Hear one report."""
        assert total is None
        self.beats.append((progress, message))
        if len(self.beats) >= self.n_enough:
            self.enough.set()


def test_a_beat_comes_within_the_promised_five_seconds() -> None:
    assert BEAT_S < 5


async def test_a_silent_job_still_beats_and_the_numbers_rise() -> None:
    listener = Listener(n_enough=4)

    with anyio.fail_after(10):
        async with heartbeats(listener, Watch("run"), beat_s=0.001, pause_s=0):
            await listener.enough.wait()

    seconds = [progress for progress, _ in listener.beats]
    assert all(early < late for early, late in pairwise(seconds))
    assert {message for _, message in listener.beats} == {"running"}


async def test_a_new_message_is_told_at_once() -> None:
    listener, watch = Listener(n_enough=2), Watch("run")

    with anyio.fail_after(10):
        async with heartbeats(listener, watch, beat_s=1000, pause_s=0):
            await anyio.wait_all_tasks_blocked()
            watch.say("compiling")
            await listener.enough.wait()

    assert [message for _, message in listener.beats] == ["running", "compiling"]


async def test_a_queued_call_says_its_place_before_what_it_did_last() -> None:
    watch = Watch("run")

    watch.say("tracing")
    watch.queue(3)
    queued = watch.said()
    watch.queue(0)

    assert queued == "queued, place 3"
    assert watch.said() == "tracing"


async def test_a_message_is_one_short_line_that_can_be_sent() -> None:
    watch = Watch("run")

    watch.say("\ud800one\n" + "two " * 1000)

    assert watch.said().startswith("?one two two")
    assert len(watch.said()) <= 200


async def test_a_client_that_is_gone_does_not_end_the_call() -> None:
    gone = anyio.Event()

    async def report(_progress: float, _total: float | None, _message: str | None) -> None:
        gone.set()
        raise anyio.ClosedResourceError

    with anyio.fail_after(10):
        async with heartbeats(report, Watch("run"), beat_s=0.001, pause_s=0):
            await gone.wait()
            await anyio.wait_all_tasks_blocked()
