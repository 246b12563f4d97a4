import os
from pathlib import Path

import pytest

from jax_workbench.server.input_files import read_inputs
from jax_workbench.server.run_store import Artifact, RunStore
from jax_workbench.server.settings import Settings
from jax_workbench.tools.errors import ToolError

RUN = "20260101t000000-some_tool-0123456789abcdef"


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore.open(Settings(state_dir=tmp_path / "state"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "a.csv").write_bytes(b"1,2")
    (tmp_path / "secret.txt").write_bytes(b"secret")
    return root


def refusal(files: list[str], roots: tuple[Path, ...], store: RunStore) -> ToolError:
    with pytest.raises(ToolError) as raised:
        read_inputs(files, roots, store, max_mib=1)
    assert raised.value.code == "bad_argument"
    return raised.value


def test_a_path_below_a_root_is_read_by_its_base_name(root: Path, store: RunStore) -> None:
    absolute = read_inputs([str(root / "sub" / "a.csv")], (root,), store)
    relative = read_inputs(["sub/a.csv"], (root,), store)

    assert absolute == relative == {"a.csv": b"1,2"}


def test_a_file_of_a_stored_run_is_read(store: RunStore) -> None:
    store.save(RUN, {}, [Artifact("draws.npz", "application/zip", b"PK")])

    assert read_inputs([f"workbench://runs/{RUN}/draws.npz"], (), store) == {"draws.npz": b"PK"}


@pytest.mark.parametrize("path", ["../secret.txt", "sub/../../secret.txt", "link", "folder/a"])
def test_nothing_outside_the_roots_is_read_or_told_of(
    root: Path, store: RunStore, path: str, tmp_path: Path
) -> None:
    (root / "link").symlink_to(tmp_path / "secret.txt")
    (root / "folder").symlink_to(tmp_path)
    (tmp_path / "a").write_bytes(b"secret")

    there = refusal([path], (root,), store)
    not_there = refusal(["../nothing.txt"], (root,), store)

    assert there.cause.replace(path, "X") == not_there.cause.replace("../nothing.txt", "X")


def test_a_link_that_stays_below_the_root_is_followed(root: Path, store: RunStore) -> None:
    (root / "b.csv").symlink_to(root / "sub" / "a.csv")

    assert read_inputs(["b.csv"], (root,), store) == {"b.csv": b"1,2"}


def test_a_link_put_there_after_the_check_is_not_followed(
    root: Path, store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "sub" / "a.csv").unlink()
    (root / "sub" / "a.csv").symlink_to(tmp_path / "secret.txt")
    monkeypatch.setattr(os.path, "realpath", os.path.normpath)

    error = refusal(["sub/a.csv"], (root,), store)

    assert "secret" not in error.cause


def test_what_is_no_regular_file_is_refused_at_once(root: Path, store: RunStore) -> None:
    os.mkfifo(root / "pipe")

    assert "not a regular file" in refusal(["pipe"], (root,), store).cause
    assert "not a regular file" in refusal(["sub"], (root,), store).cause


def test_all_files_together_are_bounded(root: Path, store: RunStore) -> None:
    (root / "one").write_bytes(bytes(2**19))
    (root / "two").write_bytes(bytes(2**19 + 1))
    store.save(RUN, {}, [Artifact("big", "text/plain", bytes(2**20 + 1))])

    assert len(read_inputs(["one"], (root,), store, max_mib=1)) == 1
    assert "'two' brings the files" in refusal(["one", "two"], (root,), store).cause
    assert "MiB" in refusal([f"workbench://runs/{RUN}/big"], (), store).cause


def test_two_files_of_one_base_name_are_refused(root: Path, store: RunStore) -> None:
    (root / "a.csv").write_bytes(b"3")

    assert "Two files are called 'a.csv'" in refusal(["a.csv", "sub/a.csv"], (root,), store).cause


def test_without_roots_the_error_says_how_to_allow_one(store: RunStore) -> None:
    error = refusal(["a.csv"], (), store)

    assert "may read no folder" in error.cause
    assert "JAX_WORKBENCH_ROOTS" in error.next_step


@pytest.mark.parametrize("uri", ["workbench://device", f"workbench://runs/{RUN}", "workbench://x"])
def test_a_uri_that_names_no_file_is_refused(store: RunStore, uri: str) -> None:
    assert "does not name a file of a run" in refusal([uri], (), store).cause


def test_a_run_that_is_gone_is_refused(store: RunStore) -> None:
    assert "There is no file" in refusal([f"workbench://runs/{RUN}/a"], (), store).cause


def test_too_many_files_are_refused(root: Path, store: RunStore) -> None:
    assert "at most 32" in refusal(["a.csv"] * 33, (root,), store).cause
