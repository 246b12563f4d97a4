"""Weights as a safetensors file, read back before it is handed out. Runs in the worker."""

import json
from collections.abc import Mapping
from typing import Any, cast

import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.train_tiny_model.untyped import nnx, tree

NAMES = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "bfloat16": "BF16",
    "int64": "I64",
    "int32": "I32",
    "uint8": "U8",
    "bool": "BOOL",
}
ALIGNMENT = 8


def weights_of(params: Any) -> dict[str, Any]:
    """Each weight array under its module's path, joined by dots."""
    return {
        ".".join(map(str, path)): np.asarray(
            leaf.get_value() if hasattr(leaf, "get_value") else leaf
        )
        for path, leaf in nnx.to_flat_state(params)
    }


def safetensors_of(arrays: Mapping[str, Any], facts: Mapping[str, str]) -> bytes:
    """A safetensors file: eight bytes of length, a JSON header, then C-contiguous arrays.

    Source:
        huggingface/safetensors, README, section "Format".
    """
    header: dict[str, Any] = {"__metadata__": dict(facts)}
    blocks: list[bytes] = []
    at = 0
    for name, array in sorted(arrays.items()):
        block = np.ascontiguousarray(array).tobytes()
        header[name] = {
            "dtype": NAMES[str(array.dtype)],
            "shape": list(array.shape),
            "data_offsets": [at, at + len(block)],
        }
        at += len(block)
        blocks.append(block)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    content = len(text).to_bytes(8, "little") + text + b"".join(blocks)
    check(content, arrays)
    return content


def check(content: bytes, arrays: Mapping[str, Any]) -> None:
    """Check that every array comes back as it was.

    Raises:
        RuntimeError: One does not.
    """
    size = int.from_bytes(content[:8], "little")
    header: dict[str, Any] = json.loads(content[8 : 8 + size])
    for name, array in arrays.items():
        start, end = header[name]["data_offsets"]
        part = content[8 + size + start : 8 + size + end]
        flat = cast("Any", np.frombuffer(part, array.dtype))
        found: Any = flat.reshape(header[name]["shape"])
        if found.shape != array.shape or found.tobytes() != np.ascontiguousarray(array).tobytes():
            raise RuntimeError(f"{name} was not stored as it is")


def by_layer(params: Any) -> dict[str, int]:
    """Numbers of weights of each top-level part of the model."""
    counts: dict[str, int] = {}
    for path, array in weights_of(params).items():
        layer = path.rpartition(".")[0] or path
        counts[layer] = counts.get(layer, 0) + int(array.size)
    return counts


def n_floats(state: Any) -> int:
    """Floating numbers in a state, weights or not."""
    return sum(
        int(leaf.size)
        for leaf in tree.leaves(state)
        if hasattr(leaf, "dtype") and jnp.issubdtype(leaf.dtype, jnp.floating)
    )
