"""The plan over jobs that are scripted: what it makes of lost, late and lying ones. No JAX here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from jax_workbench.tools.check_gradients import CheckGradientsAsk, Finding, Modes
from jax_workbench.tools.check_gradients.messages import Explained, Judgement, Leaf, Place, Traced
from jax_workbench.tools.check_gradients.plan import plan
from jax_workbench.tools.contract import JobResult, Lane, Measured, Saved, Shape
from jax_workbench.tools.errors import ErrorCode, ToolError

pytestmark = pytest.mark.anyio

LEAF = Leaf(path="args[0]", dtype="float32", shape=(3,))
TRACED = Traced(leaves=(LEAF,), n_inputs=3)
PASSED = Judgement(status="pass", modes=Modes(fwd=True, rev=True), confidence=1, resolution=1e-6)
FAILED = PASSED.model_copy(
    update={"status": "fail", "findings": (Finding(kind="fail", leaf="args[0]", index=(1,)),)}
)
SHORT = "def fn(x):\n    return x\n"

type Said = dict[str, Any] | ToolError


@dataclass
class ScriptedJobs:
    """`tools.contract.Jobs` whose answers are given, by the job's module, in order."""

    said: dict[str, list[Said]]
    limit_s: float = 60.0
    ran: list[tuple[str, Mapping[str, Any], float | None]] = field(default_factory=list[Any])
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
        """Say what is next in the script."""
        del blobs, lane, shape, x64, seed
        name = work.rpartition(".")[2].partition(":")[0]
        self.ran.append((name, argument, timeout_s))
        said = self.said[name].pop(0)
        if isinstance(said, ToolError):
            raise said
        saved = (Saved("primal", b"program", ""),)
        return JobResult(said, saved, "", "", False, False, Measured(0, 0, 0, 0, "", ""))

    def left_s(self) -> float:
        """All of it: no time passes here."""
        return self.limit_s

    def progress(self, message: str) -> None:
        """Nobody listens."""

    def keep(self, saved: Saved) -> str:
        """Nothing is kept."""
        return saved.name


def ask(**more: Any) -> CheckGradientsAsk:
    return CheckGradientsAsk.model_validate({"code": SHORT, **more})


def lost(code: ErrorCode) -> ToolError:
    return ToolError(code, "It is gone.", "Do less.")


async def test_a_pass_takes_two_jobs_and_no_user_python_in_the_second() -> None:
    jobs = ScriptedJobs({"tracer": [TRACED.model_dump()], "judge": [PASSED.model_dump()]})

    answer = await plan(ask(), jobs)

    assert answer.status == "pass"
    assert [name for name, _, _ in jobs.ran] == ["tracer", "judge"]
    assert "code" not in jobs.ran[1][1]
    assert answer.notes == ()


async def test_a_lost_tracer_is_tried_again_without_the_audit_of_rules() -> None:
    jobs = ScriptedJobs(
        {"tracer": [lost("worker_died"), TRACED.model_dump()], "judge": [PASSED.model_dump()]}
    )

    answer = await plan(ask(), jobs)

    assert answer.status == "pass"
    assert [note.code for note in answer.notes] == ["rule_not_audited"]
    assert [argument["audit_s"] > 0 for _, argument, _ in jobs.ran[:2]] == [True, False]


async def test_code_that_takes_the_whole_budget_is_inconclusive_and_says_so() -> None:
    answer = await plan(
        ask(time_budget_s=5), ScriptedJobs({"tracer": [lost("timed_out")]}, limit_s=60)
    )

    assert answer.status == "inconclusive"
    assert [note.code for note in answer.notes] == ["budget_spent"]
    assert "5 s" in answer.notes[0].text
    assert answer.next


async def test_code_that_takes_the_whole_call_has_timed_out() -> None:
    jobs = ScriptedJobs({"tracer": [lost("timed_out")]}, limit_s=5)

    with pytest.raises(ToolError) as caught:
        await plan(ask(timeout_s=5), jobs)

    assert caught.value.code == "timed_out"


async def test_an_error_of_the_users_code_is_the_answer() -> None:
    jobs = ScriptedJobs({"tracer": [lost("user_code_failed")]})

    with pytest.raises(ToolError) as caught:
        await plan(ask(), jobs)

    assert caught.value.code == "user_code_failed"


@pytest.mark.parametrize("code", ["timed_out", "out_of_memory", "worker_died"])
async def test_a_lost_judge_is_inconclusive(code: ErrorCode) -> None:
    jobs = ScriptedJobs({"tracer": [TRACED.model_dump()], "judge": [lost(code)]})

    answer = await plan(ask(), jobs)

    assert answer.status == "inconclusive"
    assert code in answer.notes[0].text


async def test_jobs_keep_to_the_budget_and_leave_the_call_a_margin() -> None:
    jobs = ScriptedJobs({"tracer": [TRACED.model_dump()], "judge": [PASSED.model_dump()]})

    await plan(ask(time_budget_s=10), jobs)

    assert [timeout_s for _, _, timeout_s in jobs.ran] == [14, 14]
    assert jobs.ran[1][1]["deadline_s"] == pytest.approx(9)


async def test_lines_and_primitives_come_from_a_third_job() -> None:
    place = Explained(places=(Place(primitive="linear_call", line=2),))
    jobs = ScriptedJobs(
        {
            "tracer": [TRACED.model_dump()],
            "judge": [FAILED.model_dump()],
            "explain": [place.model_dump()],
        }
    )

    answer = await plan(ask(), jobs)

    assert answer.result
    (finding,) = answer.result.findings
    assert (finding.primitive, finding.line, finding.source) == ("linear_call", 2, "return x")


async def test_the_verdict_stands_without_its_place() -> None:
    jobs = ScriptedJobs(
        {
            "tracer": [TRACED.model_dump()],
            "judge": [FAILED.model_dump()],
            "explain": [lost("timed_out")],
        }
    )

    answer = await plan(ask(), jobs)

    assert answer.status == "fail"
    assert [note.code for note in answer.notes] == ["not_located"]


async def test_a_line_beyond_the_code_is_not_repeated() -> None:
    place = Explained(places=(Place(line=500),))
    jobs = ScriptedJobs(
        {
            "tracer": [TRACED.model_dump()],
            "judge": [FAILED.model_dump()],
            "explain": [place.model_dump()],
        }
    )

    answer = await plan(ask(), jobs)

    assert answer.result
    assert answer.result.findings[0].line is None


LIES: dict[str, dict[str, Any]] = {
    "not a report": {"ok": True},
    "looser than allowed": {**TRACED.model_dump(), "looseness": 0.5},
    "too much text": {**TRACED.model_dump(), "in_process": "x" * 10**5},
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_report_that_ours_would_never_write_is_refused(lie: str) -> None:
    with pytest.raises(ToolError) as caught:
        await plan(ask(), ScriptedJobs({"tracer": [LIES[lie]]}))

    assert caught.value.code == "user_code_failed"


async def test_a_verdict_of_the_tracers_own_always_says_where_it_is_from() -> None:
    """User code in the tracer could write its own pass, and leave out the reason."""
    claimed = TRACED.model_copy(update={"judgement": PASSED})

    answer = await plan(ask(), ScriptedJobs({"tracer": [claimed.model_dump()]}))

    assert [(note.code, note.severity) for note in answer.notes] == [("in_process", "warning")]


async def test_a_full_answer_stays_below_ten_kilobytes() -> None:
    long = "x" * 150
    finding = Finding(kind="fail", leaf=f'args[0]["{long}"]', index=(1, 2, 3), hint=long, line=1)
    number = -1.2345678901234567e-100
    numbers = {"ad_value": number, "fd_value": number, "fd_error": number, "ratio": number}
    full = FAILED.model_copy(update={"findings": (finding.model_copy(update=numbers),) * 12})
    jobs = ScriptedJobs({"tracer": [TRACED.model_dump()], "judge": [full.model_dump()]})
    jobs.said["explain"] = [lost("timed_out")]

    answer = await plan(ask(), jobs)

    assert len(answer.model_dump_json().encode()) < 10_000
