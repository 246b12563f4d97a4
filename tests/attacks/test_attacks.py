"""No hostile program gets what it is after, and each ends with a named outcome.

The programs attack whatever they reach: they are sent into the sandbox, never run here.
"""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from jax_workbench.sandbox.face import Pool
from jax_workbench.sandbox.policy import available_cores
from jax_workbench.server.sandboxing import local_pool
from jax_workbench.server.settings import Settings
from tests.attacks.bait import Bait, job_uid, planted
from tests.attacks.gauntlet import MEMORY_MIB, Gauntlet, settled, worst
from tests.attacks.lesser_tiers import GAPS, beyond
from tests.attacks.program import FOLDER, PROMISES, Program, programs
from tests.processes import descendants, descriptors

pytestmark = [pytest.mark.anyio, pytest.mark.attack]


@pytest.fixture(scope="module")
async def pool() -> AsyncIterator[Pool]:
    running = local_pool(Settings(memory_mib=MEMORY_MIB))
    async with running:
        await settled(running, available_cores(), lambda: len(descendants(os.getpid())))
        yield running


@pytest.fixture
def bait(pool: Pool) -> Iterator[Bait]:  # noqa: ARG001 - its processes tell who runs the jobs
    with planted(job_uid()) as lying:
        yield lying


@pytest.fixture
def gauntlet(pool: Pool, bait: Bait, tmp_path: Path) -> Gauntlet:
    return Gauntlet(pool, bait, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("promise", PROMISES)
async def test_no_program_breaks_the_promise(promise: str, gauntlet: Gauntlet, bait: Bait) -> None:
    await check_that_none_gets_through(programs(promise), gauntlet, bait)


async def test_none_of_a_quick_sample_gets_through(gauntlet: Gauntlet, bait: Bait) -> None:
    sample = [program for promise in PROMISES for program in quick(promise)]

    await check_that_none_gets_through(sample, gauntlet, bait)


@pytest.mark.slow
async def test_without_namespaces_a_sample_finds_only_the_gaps_that_are_named(
    tmp_path: Path,
) -> None:
    sample = [program for promise in PROMISES for program in quick(promise)]
    async with local_pool(Settings(memory_mib=MEMORY_MIB, sandbox="landlock")) as bare:
        await settled(bare, available_cores())
        with planted(job_uid()) as lying:
            verdicts = await Gauntlet(bare, lying, tmp_path).run(sample)
            touched = lying.touched()

    breaches, surprises, in_gaps = beyond("landlock", verdicts)
    assert (breaches, surprises, touched) == ([], [], [])
    assert set(in_gaps) <= GAPS["landlock"].keys()


def quick(promise: str) -> list[Program]:
    """Every fourth program of a class, without those that run into their time limit."""
    ending = [program for program in programs(promise) if "timed_out" not in program.ends]
    return ending[::4]


async def check_that_none_gets_through(sent: list[Program], gauntlet: Gauntlet, bait: Bait) -> None:
    open_before = descriptors()

    verdicts = await gauntlet.run(sent)

    breaches, surprises = worst(verdicts)
    assert breaches == []
    assert surprises == []
    assert bait.touched() == []
    await settled(gauntlet.pool, available_cores(), bait.processes_of_jobs)
    assert descriptors() == open_before


@pytest.mark.parametrize(
    ("code", "found"),
    [
        pytest.param("breach('got out')", "got out", id="its own word"),
        pytest.param("print({secret!r}[::-1])", "read the bait: file", id="the bait, backwards"),
        pytest.param("raise ValueError({secret!r})", "read the bait: file", id="in an error"),
        pytest.param("{secret!r}", "read the bait: file", id="in a value"),
        pytest.param(
            "open('outputs/x', 'w').write({secret!r})", "read the bait: file", id="in a file"
        ),
        pytest.param("refused('getppid')", "getppid reached the kernel", id="a call let through"),
        pytest.param("tries('opened it', open, '/dev/null')", "opened it", id="an open"),
    ],
)
async def test_a_program_that_gets_through_is_found(
    gauntlet: Gauntlet, bait: Bait, code: str, found: str
) -> None:
    """Else an empty list of breaches would mean nothing."""
    code = code.format(secret=bait.secrets["file"])
    through = Program("secrets/none", "Is told.", frozenset(("ok",)), (code,), False, 20.0)

    [verdict] = await gauntlet.run([through])

    assert any(what.startswith(found) for what in verdict.breaches), verdict


async def test_an_end_that_the_program_did_not_state_is_found(gauntlet: Gauntlet) -> None:
    wrong = Program("protocol/none", "Ends.", frozenset(("ok",)), ("1 / 0",), False, 20.0)

    [verdict] = await gauntlet.run([wrong])

    assert "ZeroDivisionError" in verdict.surprise


def test_every_promise_is_attacked_in_many_ways() -> None:
    counts = {promise: len(programs(promise)) for promise in PROMISES}

    assert min(counts.values()) >= 15, counts
    assert {path.parent.name for path in FOLDER.glob("*/*.py")} == set(PROMISES)
