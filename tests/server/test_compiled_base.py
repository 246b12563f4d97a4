"""The compiled programs that every client's first call starts with."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from jax_workbench.server import compiled_base
from jax_workbench.server.background_pool import BackgroundPool
from jax_workbench.server.call import Caller
from jax_workbench.server.compiled_base import base_file, read_base, set_up, write_base
from jax_workbench.server.reply import Answered
from jax_workbench.server.run_store import RunStore, new_run_id
from jax_workbench.server.sandboxing import local_pool
from jax_workbench.server.settings import Settings
from jax_workbench.server.watch import Watch
from jax_workbench.tools.catalog import ALL_TOOLS
from jax_workbench.tools.templates import TEMPLATES

TOOLS = {tool.name: tool for tool in ALL_TOOLS}
PROGRAMS = {"jit_f-1-cache": b"\x00\x01", "jit_g-2-cache": b""}
LINE: dict[str, Any] = {"model": "a * x + b", "x": [1.0, 2.0, 3.0, 4.0], "y": [1.0, 2.1, 2.9, 4.2]}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path)


def test_what_was_written_is_read_by_the_next_server(settings: Settings) -> None:
    assert read_base(settings) == {}

    write_base(settings, PROGRAMS)

    assert read_base(settings) == PROGRAMS
    assert base_file(settings).stat().st_mode & 0o077 == 0


def test_programs_of_other_versions_are_not_read_and_make_room(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_base(settings, PROGRAMS)
    monkeypatch.setattr(compiled_base, "versions", lambda: {"jax": "next"})

    assert read_base(settings) == {}
    new = write_base(settings, {})
    assert list(new.parent.iterdir()) == [new]


def test_programs_of_another_device_are_not_read(settings: Settings) -> None:
    write_base(settings, PROGRAMS)

    assert read_base(replace(settings, device="cuda")) == {}


@pytest.mark.parametrize("damage", [b"", b"no archive", None])
def test_a_file_that_is_not_whole_is_left_out_and_named(
    settings: Settings, damage: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_base(settings, PROGRAMS)
    path.write_bytes(path.read_bytes()[:-10] if damage is None else damage)

    assert read_base(settings) == {}
    assert "Run jax-workbench setup" in caplog.text


def test_a_file_that_is_too_big_is_left_out(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write_base(settings, PROGRAMS)
    monkeypatch.setattr(compiled_base, "MAX_BASE_BYTES", 1)

    assert read_base(settings) == {}
    assert "too big" in caplog.text


@pytest.mark.parametrize(("name", "arguments"), TEMPLATES)
def test_a_template_is_a_valid_call_of_a_tool_that_reuses_programs(
    name: str, arguments: dict[str, Any]
) -> None:
    assert TOOLS[name].reuses_compiled
    TOOLS[name].ask.model_validate(arguments)


@pytest.mark.anyio
async def test_a_first_call_after_set_up_compiles_nothing_anew(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await set_up(settings, (("fit_curve", LINE),)) == 0

    pool = BackgroundPool(local_pool(settings, read_base(settings)))
    tool = TOOLS["fit_curve"]
    endings: list[Any] = []
    async with anyio.create_task_group() as group:
        group.start_soon(pool.hold)
        caller = Caller(pool, RunStore.open(settings), settings)
        ask, watch = tool.ask.model_validate(LINE), Watch(new_run_id("fit_curve"), "a stranger")
        endings.append(await caller.run(tool, ask, watch))
        pool.leave()

    (ending,) = endings
    assert isinstance(ending, Answered)
    (note,) = [n["text"] for n in ending.envelope["notes"] if n["code"] == "compiled_before"]
    found, asked = note.split(" programs")[0].split(" of ")
    assert found == asked
    assert "programs, " in capsys.readouterr().out


@pytest.mark.anyio
async def test_a_template_without_an_answer_fails_the_set_up_and_leaves_no_base(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = LINE | {"data": "no.csv"}

    assert await set_up(settings, (("fit_curve", wrong),)) == 1

    assert "bad_argument" in capsys.readouterr().err
    assert read_base(settings) == {}
