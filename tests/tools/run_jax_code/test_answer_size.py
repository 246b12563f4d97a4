"""Answers to code that prints, returns and saves far too much, as a client gets them."""

import json
from typing import Any

import pytest

from jax_workbench.sandbox.policy import PoolStatus
from jax_workbench.server.envelope import Facts, envelope, run_of
from jax_workbench.server.reply import Answered, reply
from jax_workbench.server.run_store import Artifact
from jax_workbench.tools.contract import Saved
from jax_workbench.tools.run_jax_code import RunJaxCodeAsk
from jax_workbench.tools.run_jax_code.plan import plan
from tests.answer_size import MAX_TOKENS, n_tokens
from tests.tools.run_jax_code.test_plan import OneJob, ran

pytestmark = pytest.mark.anyio

NUMBERS = " ".join(f"{n / 7:.6f}" for n in range(7000))[:65_000]
STATUS = PoolStatus("full", "", "", True, 1, 0, 0, "cpu", "cpu", 2, 2048)


async def sent(jobs: OneJob) -> dict[str, Any]:
    """The answer as JSON, from the text that a client reads."""
    ask = RunJaxCodeAsk(code="1")
    answer = await plan(ask, jobs)
    artifacts = [Artifact(kept.name, kept.mime_type, kept.content) for kept in jobs.kept]
    run = run_of("0" * 32, "run_jax_code", ask, Facts(), STATUS)
    result = reply(Answered(envelope(answer, artifacts, run)))
    (text,) = [block.text for block in result.content if block.type == "text"]
    return json.loads(text)


def tokens_of(answer: dict[str, Any]) -> int:
    return n_tokens(json.dumps(answer, ensure_ascii=False, separators=(",", ":")))


@pytest.mark.parametrize(
    "printed",
    [NUMBERS, "é" * 65_000, "word " * 13_000],
    ids=["numbers", "accents", "words"],
)
async def test_full_streams_and_a_long_repr_leave_an_answer_that_a_model_can_read(
    printed: str,
) -> None:
    answer = await sent(
        OneJob(ran(None, NUMBERS[:4096]), stdout=printed, stderr=printed, is_truncated=True)
    )

    assert tokens_of(answer) < MAX_TOKENS
    assert answer["result"]["stdout"].startswith(printed[:100])
    assert answer["result"]["stdout"].endswith(printed[-100:])
    assert {a["name"] for a in answer["artifacts"]} == {"stdout.txt", "stderr.txt"}
    assert {note["code"] for note in answer["notes"]} == {"stdout_truncated", "stderr_truncated"}


async def test_as_many_files_and_notes_as_there_may_be_leave_such_an_answer_too() -> None:
    saved = tuple(Saved(f"{n:02}{'n' * 78}", b"1" * 99_999, "text/plain") for n in range(48))
    note = {"code": "artifacts_dropped", "severity": "warning", "text": "a long text " * 80}

    answer = await sent(
        OneJob(ran(None, "x" * 4096, (note,) * 20), saved=saved, stdout=NUMBERS, stderr=NUMBERS)
    )

    assert tokens_of(answer) < MAX_TOKENS
    assert answer["notes"][6] == {
        "code": "notes_left_out",
        "severity": "warning",
        "text": "14 more notes like these were left out.",
    }


async def test_what_was_cut_is_a_file_of_the_run() -> None:
    jobs = OneJob(ran(), (Saved("stdout.txt", b"mine", "text/plain"),), stdout=NUMBERS)

    answer = await sent(jobs)

    assert {kept.name: kept.content for kept in jobs.kept} == {
        "stdout.txt": b"mine",
        "printed_stdout.txt": NUMBERS.encode(),
    }
    assert answer["result"]["stdout_truncated"]
    assert not answer["result"]["stderr_truncated"]
    assert "printed_stdout.txt" in answer["notes"][0]["text"]


async def test_output_that_has_room_is_shown_whole_and_kept_nowhere_else() -> None:
    jobs = OneJob(ran(), stdout="x" * 6998 + "\n")

    answer = await sent(jobs)

    assert answer["result"]["stdout"] == "x" * 6998 + "\n"
    assert jobs.kept == []
    assert answer["notes"] == []


async def test_a_long_value_comes_whole_with_a_note_of_its_length() -> None:
    answer = await sent(OneJob(ran([0.125] * 10_000, "[...]")))

    assert answer["result"]["value"] == [0.125] * 10_000
    assert [note["code"] for note in answer["notes"]] == ["long_value"]
    assert "60001 bytes" in answer["notes"][0]["text"]
