"""What a session's jobs leave for each other, and that it goes nowhere else."""

from dataclasses import replace
from typing import Any

import pytest

from jax_workbench.sandbox.errors import JobFailed
from jax_workbench.sandbox.policy import MIB, JobSpec, Limits
from jax_workbench.sandbox.pool import LocalPool
from jax_workbench.sandbox.results import Frames, InvalidResult
from jax_workbench.sandbox.session_files import SessionFiles
from jax_workbench.sandbox.worker import wire
from tests.sandbox.conftest import job, plain_profile

pytestmark = pytest.mark.anyio
LESSER_TIERS = ["full", "landlock", "none"]


def kept(session: str | None, wall_s: float = 300, **argument: Any) -> JobSpec:
    return replace(job("keep", limits=Limits(wall_s=wall_s), **argument), session=session)


@pytest.mark.parametrize("tier", LESSER_TIERS)
async def test_what_a_job_leaves_its_sessions_next_job_finds_and_no_other(tier: str) -> None:
    async with LocalPool(plain_profile(), tier=tier, n_warm=1) as pool:
        await pool.run(kept("ann", write={"program": "hers"}))
        hers = await pool.run(kept("ann"))
        his = await pool.run(kept("bob"))
        nobodys = await pool.run(kept(None))

    assert hers.value["found"] == {"program": "hers"}
    assert his.value["found"] == {}
    assert nobodys.value == {"folder": "", "found": {}}


async def test_a_job_cannot_replace_what_an_earlier_one_left(pool: LocalPool) -> None:
    await pool.run(kept("ann", write={"program": "right"}))
    await pool.run(kept("ann", write={"program": "forged", "other": "x"}))

    outcome = await pool.run(kept("ann"))

    assert outcome.value["found"] == {"program": "right", "other": "x"}


async def test_every_session_begins_with_the_base_and_none_can_change_it() -> None:
    async with LocalPool(plain_profile(), n_warm=1, base={"program": b"ours"}) as pool:
        await pool.run(kept("ann", write={"program": "forged", "other": "hers"}))
        hers = await pool.run(kept("ann"))
        his = await pool.run(kept("bob"))
        nobodys = await pool.run(kept(None))

    assert hers.value["found"] == {"program": "ours", "other": "hers"}
    assert his.value["found"] == {"program": "ours"}
    assert nobodys.value["found"] == {}


async def test_a_job_that_is_killed_leaves_what_it_had_made(pool: LocalPool) -> None:
    with pytest.raises(JobFailed, match="wall time"):
        await pool.run(kept("ann", wall_s=4.0, write={"program": "made"}, then="spin"))

    outcome = await pool.run(kept("ann"))

    assert outcome.value["found"] == {"program": "made"}


async def test_links_pipes_and_folders_are_left_behind(pool: LocalPool) -> None:
    await pool.run(kept("ann", write={"program": "x", "no name": "y"}, trap=True))

    outcome = await pool.run(kept("ann"))

    assert outcome.value["found"] == {"program": "x"}


async def test_a_job_without_a_session_can_leave_nothing() -> None:
    frames = Frames(Limits())
    frames.feed(wire.frame(wire.READY, b"{}"))

    with pytest.raises(InvalidResult, match="over 0"):
        frames.feed(wire.frame(wire.KEPT, b"name\0content"))


async def test_a_job_can_leave_no_more_than_its_share() -> None:
    frames = Frames(Limits(), kept_room_bytes=10)
    frames.feed(wire.frame(wire.READY, b"{}"))
    frames.feed(wire.frame(wire.KEPT, b"a\0" + b"1234"))

    with pytest.raises(InvalidResult, match="over 4"):
        frames.feed(wire.frame(wire.KEPT, b"b\0" + b"1234"))


async def test_a_flood_of_small_files_is_refused() -> None:
    frames = Frames(Limits(), kept_room_bytes=MIB)
    frames.feed(wire.frame(wire.READY, b"{}"))

    with pytest.raises(InvalidResult, match="flood"):
        frames.feed(wire.frame(wire.KEPT, b"a\0") * 4001)


def test_the_oldest_files_go_where_a_session_has_too_much() -> None:
    files = SessionFiles(session_bytes=10)

    for name in ("a", "b", "c"):
        files.add("ann", name, b"1234")
    files.add("ann", "huge", b"x" * 11)

    assert list(files.of("ann")) == ["b", "c"]


def test_the_session_not_used_for_longest_goes_first() -> None:
    files = SessionFiles(max_bytes=10)

    files.add("ann", "a", b"1234")
    files.add("bob", "b", b"1234")
    files.of("ann")
    files.add("cy", "c", b"1234")

    assert [list(files.of(who)) for who in ("ann", "bob", "cy")] == [["a"], [], ["c"]]
    assert files.n_bytes == 8


def test_no_more_sessions_are_kept_than_allowed() -> None:
    files = SessionFiles(max_sessions=2)

    for who in ("ann", "bob", "cy"):
        files.add(who, "a", b"1")

    assert [len(files.of(who)) for who in ("ann", "bob", "cy")] == [0, 1, 1]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", ".lock", "a\0b", "x" * 256])
def test_a_name_that_is_no_plain_file_name_is_left_out(name: str) -> None:
    files = SessionFiles()

    files.add("ann", name, b"1")

    assert files.of("ann") == {}
