"""Chains divided over several devices, each moving its own share. Runs in the worker.

One program serves all devices, and no device waits for another within a block: a chain that takes
long trajectories holds up only those that share its device.
"""

from collections.abc import Callable
from typing import Any, cast

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from jax_workbench.tools.contract import Note

AXIS = "chains"
BY_CHAIN = PartitionSpec(AXIS)
BY_STEP_AND_CHAIN = PartitionSpec(None, AXIS)
ON_EACH = PartitionSpec()


def mesh_for(n_chains: int, *, are_independent: bool) -> Mesh | None:
    """As many devices as divide the chains evenly; None where that is one.

    Args:
        n_chains: How many chains.
        are_independent: False for walkers that learn from each other's places.
    """
    devices = cast("list[Any]", jax.local_devices())
    n = largest_divisor(n_chains, len(devices)) if are_independent else 1
    return Mesh(np.asarray(devices[:n]), (AXIS,)) if n > 1 else None


def in_parallel(mesh: Mesh) -> Note:
    """Say where the chains ran."""
    first = cast("Any", mesh.devices).flat[0]
    kind = "devices simulated on one CPU" if first.platform == "cpu" else f"{first.device_kind}s"
    text = f"The chains ran in parallel on {mesh.size} {kind}."
    return Note(code="parallel_chains", severity="info", text=text)


def largest_divisor(n: int, limit: int) -> int:
    """The largest divisor of `n` that is at most `limit`."""
    return next(k for k in range(min(n, limit), 0, -1) if n % k == 0)


def divided(
    function: Callable[..., Any], mesh: Mesh, takes: tuple[PartitionSpec, ...], gives: Any
) -> Callable[..., Any]:
    """`function` run on every device of `mesh` with its share of the chains.

    Args:
        function: Works for any number of chains.
        mesh: The devices.
        takes: How each argument is divided.
        gives: How the results are divided.
    """
    placed = tuple(NamedSharding(mesh, spec) for spec in takes)
    # The check of replication knows no while loop whose length differs by device.
    run = jax.jit(
        jax.shard_map(function, mesh=mesh, in_specs=takes, out_specs=gives, check_vma=False)
    )

    def call(*arguments: Any) -> Any:
        shares = cast("tuple[Any, ...]", jax.device_put(arguments, placed))
        return cast("Any", run(*shares))

    return call
