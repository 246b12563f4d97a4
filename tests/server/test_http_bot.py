"""The bot of `examples/http_bot`, run as its README says, against servers that ask for a token."""

import json
import os
import sys
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import anyio
import pytest

from tests.server.conftest import FakePool, Held
from tests.server.test_cancellation_http import real_server
from tests.server.test_http import ALICE, TOKENS, serving
from tests.server.test_stdio import STARTING_S

pytestmark = pytest.mark.anyio

FOLDER = Path(__file__).parents[2] / "examples" / "http_bot"
ECHO = {"tool": "echo_code", "arguments": {"code": "1"}}


async def bot(
    url: str, folder: Path, call: dict[str, Any], *more: str, token: str = ALICE
) -> CompletedProcess[bytes]:
    """Run the script as a process of its own, until it ends."""
    file = anyio.Path(folder / "call.json")
    await file.write_text(json.dumps(call), encoding="utf-8")
    command = [sys.executable, str(FOLDER / "bot.py"), f"{url}/mcp", str(file), *more]
    env = {**os.environ, "JAX_WORKBENCH_TOKEN": token}
    with anyio.fail_after(STARTING_S):
        return await anyio.run_process(command, check=False, env=env)


async def test_it_polls_a_real_job_by_its_handle_and_prints_the_verdict(tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text(TOKENS, encoding="utf-8")
    example = json.loads((FOLDER / "call.json").read_text(encoding="utf-8"))
    example["arguments"]["time_budget_s"] = 1
    settings = {
        "JAX_WORKBENCH_TOKEN_FILE": str(tmp_path / "tokens"),
        "JAX_WORKBENCH_ANSWER_WITHIN_S": "0",
    }

    async with real_server(tmp_path / "state", **settings) as served:
        ended = await bot(served.url, tmp_path, example)

    assert ended.returncode == 0, ended.stderr.decode()
    assert b"running: benchmark_fn is not done" in ended.stderr
    assert ended.stdout.startswith(b"compared: whole is ")


async def test_a_job_that_takes_too_long_is_cancelled_on_the_server(tmp_path: Path) -> None:
    pool = FakePool(behave=Held())
    async with serving(tmp_path, pool, answer_within_s=0.0) as url:
        ended = await bot(url, tmp_path, ECHO, "--within=0")
        n_killed = pool.n_killed

    assert ended.returncode == 2
    assert b"the job was cancelled" in ended.stderr
    assert n_killed == 1


@pytest.mark.parametrize(
    ("call", "token", "said"),
    [
        (ECHO, "somebody-elses-long-token", b"HTTP 401: see JAX_WORKBENCH_TOKEN"),
        ({**ECHO, "arguments": {}}, ALICE, b"bad_argument: code"),
        ({**ECHO, "tool": "nothing"}, ALICE, b"No tool is called 'nothing'"),
    ],
    ids=["token", "arguments", "tool"],
)
async def test_what_is_refused_is_said_on_stderr(
    tmp_path: Path, call: dict[str, Any], token: str, said: bytes
) -> None:
    async with serving(tmp_path, FakePool()) as url:
        ended = await bot(url, tmp_path, call, token=token)

    assert ended.returncode == 2
    assert said in ended.stderr
    assert ended.stdout == b""
