"""A program that leaves the process of its author: written by one worker, read by another.

Runs in the worker. The reader never runs user Python, and checks what it reads before it compiles.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import jax
from jax import export

from jax_workbench.tools.errors import ToolError

MAX_PROGRAM_BYTES = 128 * 2**20

CUSTOM_CALLS = re.compile(
    r"(lapack|blas)_[sdcz]\w+_ffi|(dynamic_)?ducc_fft|cu_threefry2x32(_ffi)?|ApproxTopK|mhlo\.\w+|"
    r"stablehlo\.\w+|chlo\.\w+|Sharding|SPMDFullToShardShape|SPMDShardToFullShape|"
    r"annotate_device_placement|sdy\.\w+|xla\.sdy\.\w+|shape_assertion|Rng\w*"
)
"""Targets that compute or mark; nothing that calls back to the host."""

TARGET = re.compile(r'custom_call\s+@("[^"]+"|[\w.$]+)|call_target_name\s*=\s*"([^"]+)"')
TALKING = re.compile(r"\bstablehlo\.(infeed|outfeed|send|recv)\b")
"""Operations by which a program would wait for the host."""

FLOAT = re.compile(r"\b(?:\d+x)*(?:complex<)?(f64|f32|f16|bf16|f8\w+)\b")


def write_program(fn: Callable[..., Any], specs: Sequence[jax.ShapeDtypeStruct]) -> bytes:
    """Trace and lower `fn` for this platform.

    Args:
        fn: Takes arrays, returns a list of arrays; traced under the present x64 setting.
        specs: One an argument.

    Raises:
        Exception: Whatever `fn` raises, and NotImplementedError for what can't leave the process,
            such as host callbacks.
    """
    return bytes(export.export(jax.jit(fn))(*specs).serialize())


def read_program(program: bytes) -> export.Exported:
    """Read a program and refuse what could do more than compute.

    Raises:
        ToolError: `unsupported`, where the bytes are no program for this worker.
    """
    if len(program) > MAX_PROGRAM_BYTES:
        raise unreadable(f"it has {len(program)} bytes, more than {MAX_PROGRAM_BYTES}")
    try:
        exported = export.deserialize(bytearray(program))
        text = exported.mlir_module()
    except Exception as error:  # noqa: BLE001 - garbled bytes raise anything, struct.error too
        raise unreadable(type(error).__name__) from None
    if exported.nr_devices != 1 or jax.default_backend() not in exported.platforms:
        raise unreadable(f"made for {exported.nr_devices} devices of {exported.platforms}")
    targets = {(plain or named).strip('"') for plain, named in TARGET.findall(text)}
    foreign = sorted(target for target in targets if not CUSTOM_CALLS.fullmatch(target))
    foreign += sorted(set(TALKING.findall(text)))
    if foreign:
        raise unreadable(f"it calls {', '.join(foreign[:5])}")
    return exported


def unreadable(cause: str) -> ToolError:
    """Make the refusal of a program."""
    return ToolError(
        "unsupported",
        f"The exported program was refused: {cause}.",
        "Write the function with JAX's own operations.",
    )


def float_types(exported: export.Exported) -> frozenset[str]:
    """Names of the floating-point types in a program, such as `f32`."""
    return frozenset(FLOAT.findall(exported.mlir_module()))
