"""What a snippet leaves behind: figures and files."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import matplotlib.image
import numpy as np
import pytest
from matplotlib import pyplot as plt

from jax_workbench.tools.common import job_files
from jax_workbench.tools.run_jax_code import figures, outputs
from jax_workbench.tools.run_jax_code.figures import save_figures
from jax_workbench.tools.run_jax_code.outputs import save_outputs
from tests.tools.run_jax_code.conftest import KeepingJob


@pytest.fixture
def drawing() -> Iterator[None]:
    """Draw without a screen, starting and ending without open figures."""
    mpl.use("Agg")
    plt.close("all")
    yield
    plt.close("all")


@pytest.fixture
def folder(job: KeepingJob) -> Path:
    """The folder that a snippet writes to."""
    job_files.lay_out(job)
    return job_files.OUTPUTS.absolute()


def shape_of(png: bytes) -> tuple[int, ...]:
    return matplotlib.image.imread(io.BytesIO(png), format="png").shape


def test_inputs_are_laid_out_by_base_name(job: KeepingJob) -> None:
    job.blobs = {"a.csv": b"1", "../b.csv": b"2"}

    job_files.lay_out(job)

    assert {path: path.read_bytes() for path in Path("inputs").iterdir()} == {
        Path("inputs/a.csv"): b"1",
        Path("inputs/b.csv"): b"2",
    }
    assert Path("outputs").is_dir()


@pytest.mark.usefixtures("drawing")
def test_open_figures_are_saved_in_their_order(job: KeepingJob) -> None:
    plt.figure(7, figsize=(2, 1))
    plt.figure(3, figsize=(1, 2))
    plt.close(plt.figure())

    notes = save_figures(job)

    assert [*job.saved] == ["figure-1.png", "figure-2.png"]
    assert {mime_type for _, mime_type in job.saved.values()} == {"image/png"}
    assert [shape_of(content) for content, _ in job.saved.values()] == [
        (200, 100, 4),
        (100, 200, 4),
    ]
    assert notes == []


@pytest.mark.usefixtures("drawing")
def test_a_figure_of_many_bytes_is_drawn_smaller(job: KeepingJob) -> None:
    noise = np.random.default_rng(0).random((400, 400, 3))
    plt.figure(figsize=(8, 8))
    plt.imshow(noise)

    save_figures(job)

    content, _ = job.saved["figure-1.png"]
    assert len(content) <= figures.MAX_BYTES
    assert shape_of(content)[0] < 800


@pytest.mark.usefixtures("drawing")
def test_a_figure_of_many_inches_has_no_more_pixels_than_a_big_one(job: KeepingJob) -> None:
    plt.figure(figsize=(1000, 10))

    save_figures(job)

    assert shape_of(job.saved["figure-1.png"][0])[:2] == (16, 1600)


@pytest.mark.usefixtures("drawing")
def test_a_figure_that_does_not_draw_is_named_and_the_next_is_saved(job: KeepingJob) -> None:
    plt.figure().text(0, 0, "$\\no_such_macro$")
    plt.figure()

    notes = save_figures(job)

    assert [*job.saved] == ["figure-2.png"]
    assert [note.code for note in notes] == ["artifacts_dropped"]
    assert notes[0].text.startswith("figure-1.png was not saved, it raised ValueError")


@pytest.mark.usefixtures("drawing")
def test_only_so_many_figures_are_saved(job: KeepingJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "MAX_FIGURES", 2)
    for _ in range(3):
        plt.figure(figsize=(1, 1))

    notes = save_figures(job)

    assert len(job.saved) == 2
    assert notes[0].text == "3 figures are open; the first 2 were saved."


def test_files_are_saved_with_their_type_sorted_by_path(job: KeepingJob, folder: Path) -> None:
    (folder / "b.csv").write_bytes(b"1,2")
    (folder / "a").mkdir()
    (folder / "a" / "räw data.npz").write_bytes(b"PK")
    (folder / "c.json").write_bytes(b"{}")

    notes = save_outputs(job, folder)

    assert job.saved == {
        "a_r_w_data.npz": (b"PK", "application/octet-stream"),
        "b.csv": (b"1,2", "text/csv"),
        "c.json": (b"{}", "application/json"),
    }
    assert notes == []


def test_names_that_become_the_same_stay_apart(job: KeepingJob, folder: Path) -> None:
    (folder / "a b").write_bytes(b"1")
    (folder / "a_b").write_bytes(b"2")

    save_outputs(job, folder)

    assert {name: content for name, (content, _) in job.saved.items()} == {
        "a_b": b"1",
        "2_a_b": b"2",
    }


def test_links_and_pipes_are_named_and_not_read(job: KeepingJob, folder: Path) -> None:
    secret = folder.parent / "secret"
    secret.write_bytes(b"secret")
    (folder / "link").symlink_to(secret)
    (folder / "folder").symlink_to(folder.parent)
    os.mkfifo(folder / "pipe")

    notes = save_outputs(job, folder)

    assert job.saved == {}
    assert [note.code for note in notes] == ["artifacts_dropped"]
    assert "link, pipe" in notes[0].text


def test_a_link_in_the_place_of_the_folder_is_not_followed(job: KeepingJob, folder: Path) -> None:
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "secret").write_bytes(b"secret")
    folder.rmdir()
    folder.symlink_to(elsewhere)

    assert save_outputs(job, folder) == []
    assert job.saved == {}


def test_a_folder_that_is_gone_has_no_files(job: KeepingJob, folder: Path) -> None:
    folder.rmdir()

    assert save_outputs(job, folder) == []


def test_what_exceeds_the_limits_is_named_and_the_rest_saved(
    job: KeepingJob, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs, "MAX_FILES", 3)
    monkeypatch.setattr(outputs, "MAX_TOTAL_MIB", 1)
    for name, size in (("a", 2**19), ("b", 2**20), ("c", 2**19), ("d", 0), ("e", 0)):
        (folder / name).write_bytes(bytes(size))

    notes = save_outputs(job, folder)

    assert [*job.saved] == ["a", "c", "d"]
    assert notes[0].text.startswith("Not saved from outputs/: b, e. Only regular files")
