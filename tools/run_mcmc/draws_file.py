"""Draws as an npz file with a description of what is in it. Runs in the worker."""

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_MIB = 120
SCHEMA = "draws.schema.json"


def npz_of(draws: Mapping[str, NDArray[Any]]) -> tuple[bytes, list[str]]:
    """One array per site, (chains, draws, *site shape); sites beyond the limit are named."""
    kept: dict[str, NDArray[Any]] = {}
    left_out: list[str] = []
    room = MAX_MIB * 2**20
    for name, array in draws.items():
        room -= array.nbytes
        if room < 0:
            left_out.append(name)
        else:
            kept[name] = array
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **kept)
    return stream.getvalue(), left_out


def schema_of(
    draws: Mapping[str, NDArray[Any]], latents: Mapping[str, object], facts: Mapping[str, Any]
) -> bytes:
    """What the arrays are: axes, kinds, seed and method."""
    arrays = {
        name: {
            "shape": list(array.shape),
            "axes": ["chain", "draw", *(f"dim_{i}" for i in range(array.ndim - 2))],
            "dtype": str(array.dtype),
            "kind": "sampled" if name in latents else "deterministic",
        }
        for name, array in draws.items()
    }
    return json.dumps({"format": "npz", "arrays": arrays, **facts}, indent=1).encode()


def last_points(content: bytes) -> dict[str, NDArray[Any]]:
    """Where the chains of an earlier run ended, by site: (chains, ...)."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name][:, -1] for name in archive.files}
