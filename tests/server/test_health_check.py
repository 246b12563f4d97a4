"""What a container's engine is told of the server in it."""

import socket
from pathlib import Path

import anyio.to_thread
import pytest

from jax_workbench.server.health_check import show_health
from jax_workbench.server.settings import Settings
from tests.server.conftest import FakePool
from tests.server.test_http import serving

pytestmark = pytest.mark.anyio


async def test_a_server_that_can_run_jobs_is_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving(tmp_path, FakePool()) as url:
        asked = Settings(http=f"0.0.0.0:{url.rpartition(':')[2]}")
        code = await anyio.to_thread.run_sync(show_health, asked)

    assert code == 0
    assert capsys.readouterr().out.startswith('200 {"status":"ok"')


async def test_a_server_that_can_run_none_is_ill(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving(tmp_path, FakePool(problem="No namespaces.")) as url:
        asked = Settings(http=url.removeprefix("http://"))
        code = await anyio.to_thread.run_sync(show_health, asked)

    assert code == 1
    assert capsys.readouterr().out.startswith("503 ")


def test_a_server_that_does_not_answer_is_ill(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    assert show_health(Settings(http=f"127.0.0.1:{port}")) == 1
    assert "does not answer" in capsys.readouterr().out


def test_a_server_on_stdin_has_nothing_to_be_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert show_health(Settings()) == 0
    assert "no health page" in capsys.readouterr().out
