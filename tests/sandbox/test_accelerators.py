"""What the jail opens for a GPU or a TPU, as command line and policy; it needs no hardware."""

import fcntl
import itertools
import os
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jax_workbench.sandbox import launcher, pool, zygote
from jax_workbench.sandbox.accelerators import accelerator
from jax_workbench.sandbox.device_lock import lock_file
from jax_workbench.sandbox.errors import SandboxUnavailable
from jax_workbench.sandbox.policy import CPU, Accelerator, Shape
from jax_workbench.sandbox.pool import LocalPool
from jax_workbench.sandbox.tier_choice import TierChoice
from jax_workbench.sandbox.worker import seccomp
from jax_workbench.sandbox.worker.syscall_numbers import TABLES
from jax_workbench.sandbox.worker_process import WorkerProcess
from jax_workbench.server.sandboxing import local_pool
from jax_workbench.server.settings import Settings, SettingsError
from tests.sandbox.conftest import job, plain_profile
from tests.sandbox.test_policy_in_force import PYTHON

HOSTS = {
    "cuda": ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "nvidia-caps/nvidia-cap1"),
    "rocm": ("kfd", "dri/renderD128", "dri/card0"),
    "tpu": ("accel0", "vfio/0"),
}


HAS_PCI = Path("/sys/bus/pci").exists()


def host(folder: Path, *names: str) -> Path:
    """A root folder with these names below dev."""
    for name in ("null", "tty", *names):
        file = folder / "dev" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return folder


@pytest.mark.parametrize("kind", HOSTS)
def test_a_device_is_found_by_its_files_and_nothing_else_is_bound(
    kind: str, tmp_path: Path
) -> None:
    found = accelerator("auto", host(tmp_path, *HOSTS[kind]))

    assert found.kind == kind
    assert set(found.devices) == {f"/dev/{name}" for name in HOSTS[kind]} - {"/dev/dri/card0"}


def test_on_a_host_without_one_jobs_run_on_the_cpu(tmp_path: Path) -> None:
    assert accelerator("auto", host(tmp_path)) is CPU


def test_the_cpu_is_taken_unless_the_operator_says_otherwise(tmp_path: Path) -> None:
    assert Settings().device == "cpu"
    assert accelerator("cpu", host(tmp_path, "nvidia0")) is CPU


def test_a_device_that_is_insisted_on_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SandboxUnavailable, match="JAX_WORKBENCH_DEVICE=tpu"):
        accelerator("tpu", host(tmp_path, "nvidia0"))


def test_a_server_that_lacks_its_device_says_so_at_the_start() -> None:
    if Path("/dev/kfd").exists():
        pytest.skip("this host has an AMD GPU")
    with pytest.raises(SettingsError, match="JAX_WORKBENCH_DEVICE=rocm"):
        local_pool(Settings(device="rocm"))


@pytest.fixture
def cuda(tmp_path: Path) -> Accelerator:
    return accelerator("cuda", host(tmp_path, *HOSTS["cuda"]))


def jail(device: Accelerator) -> list[str]:
    return launcher.jail_argv("/usr/bin/bwrap", PYTHON, {}, ["python3"], accelerator=device)


def test_devices_are_bound_as_devices_after_the_new_dev_and_sys_is_read_only(
    cuda: Accelerator,
) -> None:
    argv = jail(cuda)

    bound = [argv[i + 1] for i, word in enumerate(argv) if word == "--dev-bind"]
    assert bound == list(cuda.devices)
    assert argv.index("--dev-bind") > argv.index("--dev")
    for path in ("/sys/bus/pci", "/sys/devices", "/sys/module"):
        assert argv[argv.index(path) - 1] == "--ro-bind-try"
    assert argv[argv.index("--remount-ro") + 1] == "/"


def test_the_command_line_of_a_cpu_job_has_no_device() -> None:
    argv = jail(CPU)

    assert not {"--dev-bind", "/sys/devices"} & set(argv)


def test_the_environment_names_the_platform_and_one_memory_fraction(cuda: Accelerator) -> None:
    profile = replace(plain_profile(env={"JAX_PLATFORMS": "cpu"}), accelerator=cuda)

    argv = launcher.launch(profile, 3, is_root=False).argv

    said = dict(itertools.pairwise(argv))
    assert said["JAX_PLATFORMS"] == "cuda,cpu"
    assert "XLA_CLIENT_MEM_FRACTION" in argv
    assert "XLA_PYTHON_CLIENT_MEM_FRACTION" not in argv


def request_for(device: Accelerator) -> dict[str, Any]:
    """What a zygote would send to start a worker."""
    started = zygote.Zygote(replace(plain_profile(), accelerator=device))
    return started._spawn_request(Shape())  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]


def test_a_worker_on_a_device_is_told_what_is_open_and_not_to_start_its_backend(
    cuda: Accelerator,
) -> None:
    on_gpu, on_cpu = request_for(cuda), request_for(CPU)

    assert on_gpu["device_files"] == cuda.devices
    assert on_gpu["shape"]["accelerator"] == "cuda"
    assert on_gpu["allowed_calls"] == ("memfd_create",)
    assert "MEMLOCK" not in on_gpu["rlimits"]
    assert (on_cpu["device_files"], on_cpu["allowed_calls"]) == ((), ())
    assert on_cpu["shape"]["accelerator"] == "cpu"
    assert "MEMLOCK" in on_cpu["rlimits"]


@pytest.mark.parametrize("machine", TABLES)
def test_the_filter_lets_through_what_a_driver_needs_and_no_more(
    machine: str, cuda: Accelerator
) -> None:
    def refused(steps: list[bytes]) -> set[int]:
        """The numbers that have a rule."""
        read = [struct.unpack("HBBI", step) for step in steps]
        return {value for code, _, beyond, value in read if code == 0x15 and beyond}

    strict = refused(seccomp.program(machine))
    wider = refused(seccomp.program(machine, cuda.allowed_calls))

    assert strict - wider == {TABLES[machine].numbers["memfd_create"]}
    assert wider < strict


@pytest.mark.parametrize("wish", ["auto", "full", "landlock", "none"])
def test_on_a_device_no_tier_takes_the_place_of_the_full_one_by_itself(
    wish: str, cuda: Accelerator
) -> None:
    assert TierChoice(wish, cuda).candidates == (("none",) if wish == "none" else ("full",))


@pytest.mark.anyio
async def test_a_device_has_one_job_at_a_time_and_the_lock_of_the_host(cuda: Accelerator) -> None:
    pool = LocalPool(replace(plain_profile(), accelerator=cuda))
    lanes = pool._lanes  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    places: list[int] = []

    async with lanes.enter("shared", places.append):
        assert lanes._may_run("shared") is False  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]

    assert places == [0]


@pytest.fixture
def stand_in(cuda: Accelerator) -> Accelerator:
    """A GPU's profile around a device file that every host has, and no job on the CPU may open."""
    return replace(cuda, devices=("/dev/zero",))


@pytest.mark.anyio
async def test_a_job_may_do_what_a_driver_does_and_no_more(stand_in: Accelerator) -> None:
    ask = job("use_device", device="/dev/zero")

    async with LocalPool(plain_profile(), n_warm=1) as cpu:
        on_cpu = (await cpu.run(ask)).value
    async with LocalPool(plain_profile(accelerator=stand_in), n_warm=1) as device:
        on_device = (await device.run(ask)).value

    never = {
        "read another device",
        "write a setting of the kernel",
        "read the memory of its init",
    }
    only_there = {"open its device", "name its thread", "make an anonymous file", "read the bus"}
    if not HAS_PCI:
        never.add("read the bus")
    assert set(on_device["refused"]) == never
    assert set(on_cpu["refused"]) == never | only_there
    assert on_device["pids"] == ["1", "2"]  # its init and itself
    assert on_device["may_map_anything"]
    assert not on_cpu["may_map_anything"]


@pytest.mark.anyio
async def test_the_check_at_the_start_has_the_device_for_itself(
    stand_in: Accelerator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    was_locked: list[bool] = []

    async def watched(worker: WorkerProcess, *_rest: object) -> dict[str, str]:
        worker.discard()
        with lock_file("cuda").open() as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        was_locked.append(True)
        return {"device": "A GPU", "platform": "gpu"}

    monkeypatch.setattr(pool, "probe", watched)
    profile = plain_profile(accelerator=stand_in, prepare="jailed_tests.jobs:prepare_later")

    async with LocalPool(profile, n_warm=1) as running:
        outcome = await running.run(job("echo"))

    assert was_locked
    assert (outcome.measured.device, outcome.measured.platform) == ("A GPU", "gpu")
    assert running.status().device == "A GPU"


def test_a_tpu_gets_its_topology_from_the_environment_and_nothing_else_of_it(
    tmp_path: Path,
) -> None:
    said = {"TPU_ACCELERATOR_TYPE": "v5litepod-1", "SECRET": "x"}

    tpu = accelerator("tpu", host(tmp_path, "accel0"), said)

    assert tpu.env["TPU_ACCELERATOR_TYPE"] == "v5litepod-1"
    assert tpu.env["TPU_SKIP_MDS_QUERY"] == "1"
    assert "SECRET" not in tpu.env


def test_a_killed_job_may_take_its_driver_longer_to_leave(cuda: Accelerator) -> None:
    assert cuda.gone_within_s > CPU.gone_within_s
    assert cuda.driver_mib > CPU.driver_mib == 0


def test_the_device_files_of_this_host_are_found_as_they_are() -> None:
    found = accelerator("auto")

    assert found.is_cpu or all(os.path.exists(path) for path in found.devices)  # noqa: PTH110
