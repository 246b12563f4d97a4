"""What happens to a worker around its fork: is it safe, and is JAX ready? Runs in the worker."""

import io
import logging
import os
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax._src import xla_bridge

DEVICE_FILES = ("/dev/nvidia", "/dev/kfd", "/dev/dri", "/dev/accel", "/dev/vfio")


def configuration() -> dict[str, Any]:
    """Every option of JAX's global configuration."""
    return dict(cast("dict[str, Any]", jax.config.values))


CONFIG_AT_IMPORT = configuration()
"""JAX's configuration before any other library was imported."""


def assert_forkable() -> None:
    """Check that a fork of this process gives a working and unprejudiced worker.

    Raises:
        RuntimeError: It has threads, a JAX backend, an open device or a changed configuration;
            the text says which.
    """
    n_threads = len(list(Path("/proc/self/task").iterdir()))
    if n_threads != 1:
        raise RuntimeError(f"The process has {n_threads} threads; a fork keeps only one of them.")
    if xla_bridge.backends_are_initialized():
        raise RuntimeError("A JAX backend has started; a fork of it hangs.")
    if devices := open_devices():
        raise RuntimeError(f"{devices[0]} is open; a device's state does not survive a fork.")
    now = configuration()
    if changed := [name for name, value in CONFIG_AT_IMPORT.items() if now.get(name) != value]:
        raise RuntimeError(f"JAX's configuration was changed: {', '.join(changed)}.")


def open_devices() -> list[str]:
    """Accelerators' device files that this process holds open."""
    targets: list[str] = []
    for link in Path("/proc/self/fd").iterdir():
        try:
            targets.append(str(link.readlink()))
        except FileNotFoundError:  # the descriptor of this very listing
            continue
    return [target for target in targets if target.startswith(DEVICE_FILES)]


def prepare(shape: Mapping[str, Any]) -> dict[str, Any]:
    """Start JAX in a fresh worker, so that a job begins with it warm.

    A backend on an accelerator would hold its memory while the worker waits: there JAX starts with
    the job.

    Args:
        shape: `devices`: simulated host devices; more than one only on a CPU. `accelerator`: the
            platform that the host opened the jail for.

    Returns:
        `device` (JAX's device kind), `platform` and `n_devices`; nothing where JAX has not started.
    """
    quieten()
    line_by_line()
    n_devices = int(shape.get("devices", 1))
    if n_devices > 1:
        jax.config.update("jax_platforms", "cpu")
        jax.config.update("jax_num_cpu_devices", n_devices)
    elif shape.get("accelerator", "cpu") != "cpu":
        return {}
    devices = cast("list[Any]", jax.devices())
    warm_up()
    return facts_of(devices)


def facts_of(devices: list[Any]) -> dict[str, Any]:
    """What the host is told of the devices that jobs run on."""
    return {
        "device": devices[0].device_kind,
        "platform": devices[0].platform,
        "n_devices": len(devices),
    }


def warm_up() -> None:
    """Compile and run one small program: the first one starts XLA's threads and its compiler.

    That takes some 100 ms; a bigger program made no later one faster. What was compiled is
    forgotten again, so that no job finds its own program compiled already.
    """
    jax.jit(matmul_sum)(np.ones((5, 5), np.float32)).block_until_ready()
    jax.clear_caches()


def matmul_sum(x: jax.Array) -> jax.Array:
    """Use a dot and a reduction; on an empty /proc the latter fails at once, not in a job."""
    return (x @ x).sum()


def smoke() -> dict[str, Any]:
    """Check float32 reductions, which alone fail where a sandbox hides /proc/cpuinfo.

    Returns:
        The facts of the device they ran on.

    Raises:
        AssertionError: A result is wrong. JAX raises errors of its own, RuntimeError where the
            device that is meant is not to be had: it would fall back on the CPU without a word.
    """
    devices = cast("list[Any]", jax.devices(os.environ["JAX_PLATFORMS"].partition(",")[0]))
    x = np.linspace(0.0, 1.0, 1000, dtype=np.float32)
    square = x.reshape(10, 100)
    for function, argument, expected in (
        (jnp.sum, x, 500.0),
        (jax.nn.softmax, x, np.exp(x) / np.exp(x).sum()),
        (gram, square, square @ square.T),
    ):
        found = cast("Any", jax.jit(cast("Any", function)))(argument)
        np.testing.assert_allclose(found, expected, rtol=1e-4)
        assert found.devices() <= set(devices)  # noqa: S101 - not another device
    return facts_of(devices)


def gram(x: jax.Array) -> jax.Array:
    """Multiply `x`, shape (n, k), by its transpose."""
    return x @ x.T


def quieten() -> None:
    """Take back what libraries did to logging at import, and drop warnings that say nothing."""
    # With a handler in place a job's own logging.basicConfig would do nothing.
    logging.root.handlers.clear()
    warnings.filterwarnings("ignore", message="FigureCanvasAgg is non-interactive")
    warnings.filterwarnings("ignore", category=UserWarning, module=r"nlsq\b")


def line_by_line() -> None:
    """Write printed lines at once, so that a job that is killed leaves what it printed."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True, errors="backslashreplace")
