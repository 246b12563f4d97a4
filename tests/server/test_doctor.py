"""What `jax-workbench doctor` says of a host, and when it fails."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Self

import pytest

from jax_workbench.sandbox.policy import CPU, Accelerator, PoolStatus, Tier
from jax_workbench.server import doctor
from jax_workbench.server.settings import Settings

pytestmark = pytest.mark.anyio
SOUND = PoolStatus("full", "", "", True, 2, 0, 0, "cpu", "cpu", 2, 2048)


class Standing:
    """A pool that stands as it is told to, and runs nothing."""

    def __init__(self, status: PoolStatus) -> None:
        """Stand as `status` says."""
        self._status = status

    async def __aenter__(self) -> Self:
        """Start nothing."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """End nothing."""

    def status(self) -> PoolStatus:
        """As told."""
        return self._status


async def reported(
    status: PoolStatus, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> tuple[int, list[doctor.Finding]]:
    kept: list[doctor.Finding] = []

    def write(findings: list[doctor.Finding]) -> str:
        kept.extend(findings)
        return written(findings)

    written = doctor.written

    def standing(_settings: Settings) -> Standing:
        return Standing(status)

    monkeypatch.setattr(doctor, "written", write)
    monkeypatch.setattr(doctor, "local_pool", standing)
    return await doctor.show_findings(settings), kept


async def test_a_sound_host_needs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, findings = await reported(SOUND, Settings(state_dir=tmp_path, runs_mib=1), monkeypatch)

    assert code == 0
    assert {finding.verdict for finding in findings} == {"ok"}
    said = capsys.readouterr().out
    assert said.startswith("ok    sandbox   full: ")
    assert "mend:" not in said


async def test_a_jail_that_is_not_to_be_had_fails_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = replace(SOUND, problem="No namespaces.", remedy="Allow them.", is_ready=False)

    code, _ = await reported(refused, Settings(state_dir=tmp_path), monkeypatch)

    assert code == 1
    said = capsys.readouterr().out
    assert "FAIL  sandbox   No namespaces.\n                mend: Allow them.\n" in said


def a_gpu(choice: str) -> Accelerator:
    """A host with one."""
    return CPU if choice == "cpu" else Accelerator("cuda", devices=("/dev/nvidia0",))


def no_gpu(_choice: str) -> Accelerator:
    """A host without one."""
    return CPU


@pytest.mark.parametrize(
    ("device", "here", "said"),
    [
        ("cpu", a_gpu, "cuda is here; jobs don't use it."),
        ("cuda", a_gpu, "cuda: /dev/nvidia0 open to jobs, one at a time"),
        ("auto", no_gpu, "No GPU or TPU was found"),
        ("cpu", no_gpu, None),
    ],
)
async def test_a_device_beside_the_cpu_is_named_used_or_not(
    device: str,
    here: Callable[[str], Accelerator],
    said: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doctor, "accelerator", here)

    _, findings = await reported(SOUND, Settings(state_dir=tmp_path, device=device), monkeypatch)

    lines = [finding.found for finding in findings if finding.subject == "device"][1:]
    assert lines == [] if said is None else lines[0].startswith(said)


@pytest.mark.parametrize("tier", ["shared", "landlock", "none"])
async def test_a_weaker_tier_is_named_with_what_would_mend_it(
    tier: Tier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weaker = replace(SOUND, tier=tier, shortfall="Denied. Allow it.")

    code, findings = await reported(weaker, Settings(state_dir=tmp_path), monkeypatch)

    assert code == 0
    assert (findings[0].verdict, findings[0].mend) == ("weak", "Denied. Allow it.")
    assert findings[0].found.startswith(f"{tier}: ")
    assert ("denied" in findings[0].found) == (tier != "none")


async def test_folders_that_can_not_be_used_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("", encoding="ascii")
    settings = Settings(state_dir=in_the_way, roots=(tmp_path / "missing",))

    code, findings = await reported(SOUND, settings, monkeypatch)

    assert code == 1
    found = {finding.subject: finding for finding in findings}
    assert found["runs"].verdict == "weak"
    assert "JAX_WORKBENCH_STATE_DIR" in found["runs"].mend
    assert found["roots"].verdict == "FAIL"
    assert str(tmp_path / "missing") in found["roots"].found
