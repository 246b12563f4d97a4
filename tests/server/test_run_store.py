import os
import stat
from pathlib import Path
from typing import Any

import pytest

from jax_workbench.server.run_store import (
    Artifact,
    RunStore,
    new_run_id,
    parse_uri,
    safe_artifact,
    uri_of,
)
from jax_workbench.server.settings import Settings

MIB = 2**20


def store_at(path: Path, **settings: Any) -> RunStore:
    return RunStore.open(Settings(state_dir=path, **settings))


def run_id(number: int) -> str:
    return f"20260101t0000{number:02d}-some_tool-{number:016x}"


def test_a_run_is_read_back_as_it_was_saved(tmp_path: Path) -> None:
    store = store_at(tmp_path / "state")
    name = new_run_id("some_tool")

    store.save(name, {"ask": {"code": "1"}}, [Artifact("a.bin", "image/png", b"\x00\x01")])

    again = store_at(tmp_path / "state")
    assert again.run_ids() == [name]
    assert again.record(name) == {
        "run_id": name,
        "ask": {"code": "1"},
        "files": [{"name": "a.bin", "mime_type": "image/png", "bytes": 2}],
    }
    assert again.file(name, "a.bin", 2) == Artifact("a.bin", "image/png", b"\x00\x01")


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o755)
    store = store_at(tmp_path / "state")

    store.save(run_id(1), {})

    for path in (store.root, store.root / "runs", store.root / "runs" / run_id(1)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_a_run_that_could_not_be_written_leaves_nothing(tmp_path: Path) -> None:
    store = store_at(tmp_path / "state")

    with pytest.raises(ValueError, match="JSON"):
        store.save(run_id(1), {"x": float("nan")}, [Artifact("a", "text/plain", b"1")])

    assert store.run_ids() == []
    assert [path.name for path in store.root.iterdir()] == ["runs"]


def test_the_oldest_runs_go_when_there_are_too_many(tmp_path: Path) -> None:
    store = store_at(tmp_path / "state", runs_count=3)

    for number in range(5):
        store.save(run_id(number), {})

    assert store.run_ids() == [run_id(4), run_id(3), run_id(2)]


def test_the_oldest_runs_go_when_they_are_too_large_but_never_the_newest(tmp_path: Path) -> None:
    store = store_at(tmp_path / "state", runs_mib=2)

    for number, size in enumerate((MIB // 2, MIB // 2, MIB, 3 * MIB)):
        store.save(run_id(number), {}, [Artifact("a", "text/plain", bytes(size))])

    assert store.run_ids() == [run_id(3)]


def test_runs_that_are_too_old_go_even_the_newest(tmp_path: Path) -> None:
    store = store_at(tmp_path / "state")
    store.save(run_id(1), {})
    folder = tmp_path / "state" / "runs" / run_id(1)
    os.utime(folder, (0, 0))

    again = store_at(tmp_path / "state", runs_days=1)

    assert again.run_ids() == []


def test_what_a_server_that_died_half_wrote_is_removed_after_a_while(tmp_path: Path) -> None:
    store = store_at(tmp_path / "state")
    old, new = store.root / "half-old", store.root / "half-new"
    old.mkdir()
    new.mkdir()
    os.utime(old, (0, 0))

    store.prune()

    assert not old.exists()
    assert new.exists()


def test_a_store_that_cannot_be_written_is_a_private_one_that_is_gone_after(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    store = store_at(tmp_path / "file" / "state")
    store.save(run_id(1), {})
    root = store.root

    store.close()

    assert store.is_temporary
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    assert not root.exists()


def test_a_kept_store_survives_its_server(tmp_path: Path) -> None:
    store = store_at(tmp_path / "state")
    store.save(run_id(1), {})

    store.close()

    assert store.run_ids() == [run_id(1)]


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("plot.png", "plot.png"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", "file"),
        ("", "file"),
        (".hidden", "hidden"),
        ("run.json", "2_run.json"),
        ("a\nb\x00c", "a_b_c"),
        ("x" * 300 + ".npz", "x" * 76 + ".npz"),
        ("Größe.csv", "Gr__e.csv"),
    ],
)
def test_a_name_that_a_job_chose_becomes_a_plain_file_name(given: str, safe: str) -> None:
    assert safe_artifact(given, "text/plain", b"", ()).name == safe


def test_two_files_of_one_name_are_both_kept() -> None:
    first = safe_artifact("a.txt", "text/plain", b"", ())
    second = safe_artifact("a.txt", "text/plain", b"", [first.name])
    third = safe_artifact("a.txt", "text/plain", b"", [first.name, second.name])

    assert [first.name, second.name, third.name] == ["a.txt", "2_a.txt", "3_a.txt"]


@pytest.mark.parametrize(
    "uri",
    [
        "workbench://runs/",
        "workbench://runs/..",
        f"workbench://runs/{run_id(1)}/../{run_id(2)}",
        f"workbench://runs/{run_id(1)}/.hidden",
        f"workbench://runs/{run_id(1)}/a%2Fb",
        f"workbench://runs/{run_id(1).upper()}",
        f"https://runs/{run_id(1)}",
    ],
)
def test_a_uri_that_this_store_never_hands_out_is_none_of_its(uri: str) -> None:
    assert parse_uri(uri) is None


def test_a_uri_leads_back_to_its_run_and_file() -> None:
    name = new_run_id("some_tool")

    assert parse_uri(uri_of(name)) == (name, "")
    assert parse_uri(uri_of(name, "a.png")) == (name, "a.png")


def test_a_file_above_the_callers_limit_is_not_read(tmp_path: Path) -> None:
    store = store_at(tmp_path / "state")
    store.save(run_id(1), {}, [Artifact("a", "text/plain", b"12")])

    with pytest.raises(ValueError, match="2 bytes"):
        store.file(run_id(1), "a", 1)
