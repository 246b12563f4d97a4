"""What a GPU or a TPU needs of the jail beyond what a job on the CPU gets. Runs in the host.

Written from drivers' documentation and other projects' reports; not run on hardware yet, so a
server uses one only on its operator's word. Each of these widens the jail: see docs/security.md.
"""

from dataclasses import replace
from pathlib import Path

from jax_workbench.sandbox.errors import SandboxUnavailable
from jax_workbench.sandbox.policy import CPU, Accelerator

CHOICES = ("cpu", "auto", "cuda", "rocm", "tpu")
_ROOT = Path("/")
# The only name of it that is read without a quarrel with its deprecated sibling.
_MEMORY = {"XLA_CLIENT_MEM_FRACTION": "0.75"}
_PCI = ("/sys/bus/pci", "/sys/devices", "/sys/module")
_KNOWN = (
    Accelerator(
        "cuda",
        patterns=("nvidia[0-9]*", "nvidiactl", "nvidia-uvm*", "nvidia-modeset", "nvidia-caps/*"),
        read=_PCI,
        env={"JAX_PLATFORMS": "cuda,cpu", **_MEMORY},
        allowed_calls=("memfd_create",),  # cuInit is 304 without it
    ),
    Accelerator(
        "rocm",
        patterns=("kfd", "dri/renderD*"),
        read=(*_PCI, "/sys/class/kfd", "/sys/class/drm", "/opt/rocm"),
        env={"JAX_PLATFORMS": "rocm,cpu", **_MEMORY},
        allowed_calls=("memfd_create",),
    ),
    Accelerator(
        "tpu",
        patterns=("accel*", "vfio/*"),
        read=(*_PCI, "/sys/class", "/sys/kernel/iommu_groups"),
        env={"JAX_PLATFORMS": "tpu,cpu"},
    ),
)


def accelerator(choice: str, root: Path = _ROOT) -> Accelerator:
    """The device that the operator wants; "auto" takes the first that is there, else the CPU.

    Raises:
        SandboxUnavailable: The one that is insisted on has no device file here.
    """
    if choice == "cpu":
        return CPU
    for known in _KNOWN:
        if choice not in ("auto", known.kind):
            continue
        found = _device_files(known.patterns, root)
        if found:
            return replace(known, devices=found)
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
