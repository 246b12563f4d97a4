"""The plan over attempts that are scripted: what it makes of memory that runs out. No JAX here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest

from jax_workbench.tools.contract import JobResult, Lane, Measured, Saved, Shape
from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.train_tiny_model import (
    Score,
    TrainTinyModelAnswer,
    TrainTinyModelAsk,
    TrainTinyModelResult,
)
from jax_workbench.tools.train_tiny_model.messages import AttemptAsk, Attempted
from jax_workbench.tools.train_tiny_model.plan import plan

pytestmark = pytest.mark.anyio

ASK = TrainTinyModelAsk()
ANSWER = TrainTinyModelAnswer(
    status="converged", summary="Well.", result=TrainTinyModelResult(metric=Score(name="accuracy"))
)
KILLED = ToolError("out_of_memory", "The job used more than 300 MiB and was killed.", "Do less.")
FAILED = Attempted(out_of_memory="RESOURCE_EXHAUSTED: 9 MiB", batch_size=128)
CUT = Attempted(answer=ANSWER, batch_size=128, batch_parts=16)


@dataclass
class ScriptedJobs:
    """`tools.contract.Jobs` whose jobs end as told, each after `took_s`."""

    ends: list[Attempted | ToolError | anyio.Event]
    took_s: float = 1.0
    limit_s: float = 60.0
    asked: list[AttemptAsk] = field(default_factory=list[AttemptAsk])
    kept: list[str] = field(default_factory=list[str])
    inputs: Mapping[str, bytes] = field(default_factory=dict[str, bytes])

    async def run(  # noqa: PLR0913 - the contract's signature
        self,
        work: str,
        argument: Mapping[str, Any],
        *,
        blobs: Mapping[str, bytes] | None = None,
        lane: Lane = "shared",
        shape: Shape | None = None,
        x64: bool = False,
        seed: int = 0,
        timeout_s: float | None = None,
    ) -> JobResult:
        """End as the script says."""
        del work, blobs, lane, shape, x64, seed, timeout_s
        self.asked.append(AttemptAsk.model_validate(argument))
        self.limit_s -= self.took_s
        end = self.ends.pop(0)
        if isinstance(end, anyio.Event):
            end.set()
            await anyio.sleep_forever()
        if isinstance(end, ToolError):
            raise end
        assert isinstance(end, Attempted)
        value = end.model_dump(mode="json")
        saved = (Saved(f"of attempt {len(self.asked)}", b"", ""),)
        return JobResult(value, saved, "", "", False, False, Measured(0, 0, 0, 0, "", ""))

    def left_s(self) -> float:
        """What the jobs have left."""
        return self.limit_s

    def progress(self, message: str) -> None:
        """Nobody listens."""

    def keep(self, saved: Saved) -> str:
        """Remember its name."""
        self.kept.append(saved.name)
        return saved.name


async def test_a_call_that_has_the_memory_is_one_attempt_and_says_nothing_of_it() -> None:
    jobs = ScriptedJobs([Attempted(answer=ANSWER, batch_size=128)])

    assert await plan(ASK, jobs) == ANSWER
    assert jobs.asked == [AttemptAsk(ask=ASK)]
    assert jobs.kept == ["of attempt 1"]


async def test_memory_that_runs_out_is_tried_again_in_parts_and_every_attempt_is_told() -> None:
    jobs = ScriptedJobs([KILLED, FAILED.model_copy(update={"batch_parts": 4}), CUT])

    answer = await plan(ASK, jobs)

    assert [asked.batch_parts for asked in jobs.asked] == [1, 4, 16]
    assert [asked.spent_s for asked in jobs.asked] == [0, 1, 2]
    assert jobs.kept == ["of attempt 3"]
    [note] = answer.notes
    assert (note.code, note.severity) == ("retried_in_parts", "info")
    assert "Attempt 1 (whole batches) ran out of memory: The job used more than 300" in note.text
    assert "Attempt 2 (batches of 128 in 4 parts) ran out of memory: RESOURCE_EXH" in note.text
    assert "in 16 parts of 8 rows" in note.text
    assert answer.result is not None
    attempts = answer.result.details["attempts"]
    assert [attempt["batch_parts"] for attempt in attempts] == [1, 4, 16]
    assert attempts[-1]["ended"] == "answered"


async def test_parts_that_a_prediction_chose_are_not_tried_again() -> None:
    jobs = ScriptedJobs([FAILED.model_copy(update={"batch_parts": 4}), CUT])

    answer = await plan(ASK, jobs)

    assert [asked.batch_parts for asked in jobs.asked] == [1, 16]
    assert "Attempt 1 (batches of 128 in 4 parts)" in answer.notes[0].text


async def test_what_parts_change_in_the_result_is_a_warning() -> None:
    changed = CUT.model_copy(update={"differences": ("BatchNorm takes those of each part",)})

    answer = await plan(ASK, ScriptedJobs([KILLED, changed]))

    assert answer.notes[0].severity == "warning"
    assert "but BatchNorm takes" in answer.notes[0].text


async def test_three_attempts_that_die_are_one_error_with_what_each_died_of() -> None:
    jobs = ScriptedJobs([KILLED, KILLED, KILLED, CUT])

    with pytest.raises(ToolError, match=r"Attempt 1 .*Attempt 2 .*Attempt 3 .*16 parts") as failed:
        await plan(ASK, jobs)

    assert failed.value.code == "out_of_memory"
    assert "nnx.remat" in failed.value.next_step
    assert len(jobs.asked) == 3


@pytest.mark.parametrize(
    ("ends", "why"),
    [
        ([FAILED.model_copy(update={"is_hopeless": True})], "RESOURCE_EXHAUSTED"),
        ([KILLED, Attempted(not_the_same="lbfgs takes all.")], "not tried again .* lbfgs takes"),
        ([KILLED, FAILED.model_copy(update={"batch_parts": 128})], "A part was one row"),
    ],
)
async def test_no_attempt_is_made_that_cannot_help_or_would_train_otherwise(
    ends: list[Attempted | ToolError | anyio.Event], why: str
) -> None:
    jobs = ScriptedJobs([*ends, CUT])

    with pytest.raises(ToolError, match=why) as failed:
        await plan(ASK, jobs)

    assert failed.value.code == "out_of_memory"
    assert len(jobs.asked) == len(ends)


async def test_the_calls_time_holds_over_all_attempts() -> None:
    short = TrainTinyModelAsk(time_budget_s=20)

    for ask, took_s in ((ASK, 57.0), (short, 18.0)):
        jobs = ScriptedJobs([KILLED, CUT], took_s=took_s)
        with pytest.raises(ToolError, match="s are left, too few for another attempt"):
            await plan(ask, jobs)
        assert len(jobs.asked) == 1


async def test_another_end_of_a_later_attempt_keeps_its_code_and_tells_the_earlier() -> None:
    late = ToolError("timed_out", "No result after 40 s.", "Do less.")

    with pytest.raises(ToolError, match=r"No result after 40 s\. Attempt 1 ") as failed:
        await plan(ASK, ScriptedJobs([KILLED, late]))

    assert failed.value.code == "timed_out"


async def test_a_call_that_is_cancelled_makes_no_further_attempt() -> None:
    second = anyio.Event()
    jobs = ScriptedJobs([KILLED, second, CUT])

    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            group.start_soon(plan, ASK, jobs)
            await second.wait()
            group.cancel_scope.cancel()

    assert len(jobs.asked) == 2
    assert jobs.kept == []


async def test_words_that_are_not_a_workers_are_not_believed() -> None:
    with pytest.raises(ToolError, match="neither an answer nor why") as failed:
        await plan(ASK, ScriptedJobs([Attempted()]))

    assert failed.value.code == "user_code_failed"
