"""Arrays as bytes for the next worker. Runs in the worker."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from jax_workbench.tools.contract import Job

BYTES = "application/octet-stream"


def save_values(name: str, groups: dict[str, Sequence[Any]], job: Job) -> None:
    """Save arrays as `<group><i>`, without pickles."""
    target = io.BytesIO()
    arrays = {f"{g}{i}": np.asarray(v) for g, group in groups.items() for i, v in enumerate(group)}
    np.savez(target, **arrays)  # pyright: ignore[reportArgumentType]
    job.save(name, target.getvalue(), BYTES)
