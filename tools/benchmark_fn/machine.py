"""What a time belongs to: device, processor and versions. Runs in the timer."""

import platform
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import jax

from jax_workbench.tools.benchmark_fn.messages import Machine
from jax_workbench.tools.errors import ToolError

MAX_NAME = 100


def this_machine() -> Machine:
    """The machine and the versions of this process."""
    device = cast("Any", jax.devices()[0])
    return Machine(
        jax=version("jax"),
        jaxlib=version("jaxlib"),
        platform=jax.default_backend(),
        device=str(device.device_kind)[:MAX_NAME],
        processor=processor()[:MAX_NAME],
    )


def processor() -> str:
    """The processor's model, or its architecture where the system does not say."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found.group(1).strip() if found else platform.machine()


def check_same(stored: Machine) -> None:
    """Check that a stored baseline was timed by the same versions on the same device.

    Raises:
        ToolError: `unsupported`, with everything that differs.
    """
    now = this_machine()
    names = Machine.model_fields
    differs = [
        f"{name} {getattr(stored, name)} (now {getattr(now, name)})"
        for name in names
        if getattr(stored, name) != getattr(now, name)
    ]
    if differs:
        raise ToolError(
            "unsupported",
            f"The stored baseline was timed elsewhere: {', '.join(differs)}.",
            "Time the old code again on this machine, as a variant of the same call.",
        )
