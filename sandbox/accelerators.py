"""What a GPU or a TPU needs of the jail beyond what a job on the CPU gets. Runs in the host.

Written from drivers' documentation and other projects' reports; not run on hardware yet, so a
server uses one only on its operator's word. Each of these widens the jail: see docs/security.md.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from jax_workbench.sandbox.errors import SandboxUnavailable
from jax_workbench.sandbox.policy import CPU, Accelerator

CHOICES = ("cpu", "auto", "cuda", "rocm", "tpu")
_ROOT = Path("/")
# The only name of it that is read without a quarrel with its deprecated sibling.
_MEMORY = {"XLA_CLIENT_MEM_FRACTION": "0.75"}
_PCI = ("/sys/bus/pci", "/sys/devices", "/sys/module")
_DRIVER_MIB = 4096
"""Room for contexts and loaded kernels, by reports; the watchdog counts it with the job's own."""
_GONE_WITHIN_S = 60.0
_KNOWN = (
    Accelerator(
        "cuda",
        patterns=("nvidia[0-9]*", "nvidiactl", "nvidia-uvm*", "nvidia-modeset", "nvidia-caps/*"),
        # The last one is where some container platforms put the driver's own libraries.
        read=(*_PCI, "/usr/local/nvidia"),
        env={"JAX_PLATFORMS": "cuda,cpu", **_MEMORY},
        libraries=("/usr/local/nvidia/lib64",),
        allowed_calls=("memfd_create",),  # cuInit is 304 without it
        driver_mib=_DRIVER_MIB,
        gone_within_s=_GONE_WITHIN_S,
    ),
    Accelerator(
        "rocm",
        patterns=("kfd", "dri/renderD*"),
        read=(*_PCI, "/sys/class/kfd", "/sys/class/drm", "/opt/rocm"),
        env={"JAX_PLATFORMS": "rocm,cpu", **_MEMORY},
        allowed_calls=("memfd_create",),
        driver_mib=_DRIVER_MIB,
        gone_within_s=_GONE_WITHIN_S,
    ),
    Accelerator(
        "tpu",
        patterns=("accel*", "vfio/*"),
        read=(*_PCI, "/sys/class", "/sys/kernel/iommu_groups"),
        # There is no metadata service in the jail: the topology must come with the environment.
        env={"JAX_PLATFORMS": "tpu,cpu", "TPU_SKIP_MDS_QUERY": "1"},
        driver_mib=_DRIVER_MIB,
        gone_within_s=_GONE_WITHIN_S,
    ),
)


def accelerator(
    choice: str, root: Path = _ROOT, env: Mapping[str, str] | None = None
) -> Accelerator:
    """The device that the operator wants; "auto" takes the first that is there, else the CPU.

    Of `env` (the server's own) a TPU's jobs get the variables that begin with TPU_.

    Raises:
        SandboxUnavailable: The one that is insisted on has no device file here.
    """
    if choice == "cpu":
        return CPU
    env = os.environ if env is None else env
    for known in _KNOWN:
        if choice not in ("auto", known.kind):
            continue
        found = _device_files(known.patterns, root)
        if found:
            said = {name: value for name, value in env.items() if name.startswith("TPU_")}
            inherited = said if known.kind == "tpu" else {}
            return replace(known, devices=found, env={**known.env, **inherited})
    if choice == "auto":
        return CPU
    raise SandboxUnavailable(
        f"JAX_WORKBENCH_DEVICE={choice}, but none of its device files is below /dev.",
        "Install the driver, or give the container the device; else set JAX_WORKBENCH_DEVICE=cpu.",
    )


def _device_files(patterns: tuple[str, ...], root: Path) -> tuple[str, ...]:
    folder = root / "dev"
    found = (path for pattern in patterns for path in folder.glob(pattern) if not path.is_dir())
    return tuple(sorted(f"/dev/{path.relative_to(folder)}" for path in found))
