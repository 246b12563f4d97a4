"""What `inputs` may ask for, and what is meant where it leaves something out. The server runs this.

All faults are reported at once, before any job starts.
"""

import math
from collections.abc import Sequence

from jax_workbench.tools.benchmark_fn import Distribution, InputSpec
from jax_workbench.tools.benchmark_fn.messages import Draw
from jax_workbench.tools.errors import ToolError

MAX_SET_MIB = 128
"""Of one input set; several are held at once."""

DTYPE_BYTES: dict[str, int] = {
    "float16": 2,
    "bfloat16": 2,
    "float32": 4,
    "float64": 8,
    "int8": 1,
    "int16": 2,
    "int32": 4,
    "int64": 8,
    "uint8": 1,
    "uint16": 2,
    "uint32": 4,
    "uint64": 8,
    "bool": 1,
    "complex64": 8,
    "complex128": 16,
    "key": 8,
}
NEED_X64 = frozenset(("float64", "int64", "uint64", "complex128"))
DEFAULT_RANGE: dict[Distribution, tuple[float, float]] = {"uniform": (0, 1), "integers": (0, 100)}
MIN_SPD_DIMS = 2


def draws_of(specs: Sequence[InputSpec], *, x64: bool) -> tuple[Draw, ...]:
    """Settle each spec, or say everything that is wrong with them.

    Raises:
        ToolError: `bad_argument`.
    """
    faults = [f"inputs[{i}]: {fault}" for i, spec in enumerate(specs) for fault in malformed(spec)]
    if faults:
        raise bad_inputs(faults)
    faults = [f"inputs[{i}]: {fault}" for i, spec in enumerate(specs) for fault in faults_of(spec)]
    faults += [
        f"inputs[{i}]: {spec.dtype} needs x64: true"
        for i, spec in enumerate(specs)
        if spec.dtype in NEED_X64 and not x64
    ]
    draws = tuple(settled(spec) for spec in specs)
    if (mib := sum(n_bytes(draw) for draw in draws) / 2**20) > MAX_SET_MIB:
        faults.append(f"they hold {mib:.0f} MiB, more than {MAX_SET_MIB} MiB")
    if faults:
        raise bad_inputs(faults)
    return draws


def bad_inputs(faults: Sequence[str]) -> ToolError:
    """All faults, or the first few."""
    return ToolError("bad_argument", "; ".join(faults[:5]) + ".", "Mend inputs and call again.")


def malformed(spec: InputSpec) -> list[str]:
    """What must be right before anything else can be said of a spec."""
    faults: list[str] = []
    if spec.dtype not in DTYPE_BYTES:
        faults.append(f"dtype {spec.dtype} is none of {', '.join(DTYPE_BYTES)}")
    if any(int(size) < 0 for size in spec.shape):
        faults.append(f"shape {list(spec.shape)} has a negative size")
    return faults


def settled(spec: InputSpec) -> Draw:
    """Fill in what a spec leaves out; the law of integers is `integers` unless it says another."""
    law = spec.distribution
    if "distribution" not in spec.model_fields_set and is_discrete(spec.dtype):
        law = "integers"
    low, high = DEFAULT_RANGE.get(law, (0, 0))
    if law == "integers":
        high = min(high, limits_of(spec.dtype)[1])
    return Draw(
        shape=tuple(int(size) for size in spec.shape),
        dtype=spec.dtype,
        distribution=law,
        low=low if spec.low is None else spec.low,
        high=high if spec.high is None else spec.high,
    )


def faults_of(spec: InputSpec) -> list[str]:
    """What is wrong with one spec on its own."""
    draw = settled(spec)
    if draw.dtype == "key":
        return []
    return [
        text
        for is_wrong, text in (
            (
                is_discrete(draw.dtype) and draw.distribution in {"normal", "uniform", "spd"},
                f"{draw.distribution} makes no {draw.dtype}; use integers",
            ),
            (
                draw.distribution == "spd" and not is_square(draw.shape),
                f"spd needs square matrices, shape is {list(draw.shape)}",
            ),
            (
                draw.distribution not in DEFAULT_RANGE
                and (spec.low is not None or spec.high is not None),
                f"low and high belong to uniform and integers, not to {draw.distribution}",
            ),
            (
                draw.distribution in DEFAULT_RANGE and not draw.low < draw.high,
                f"low {draw.low:g} is not below high {draw.high:g}",
            ),
            (
                draw.distribution == "integers" and not fits(draw),
                f"low {draw.low:g} to high {draw.high:g} does not fit {draw.dtype}",
            ),
        )
        if is_wrong
    ]


def is_discrete(dtype: str) -> bool:
    """Whether a dtype holds integers or truth values."""
    return dtype == "bool" or "int" in dtype


def is_square(shape: tuple[int, ...]) -> bool:
    """Whether the last two sizes are there and equal."""
    return len(shape) >= MIN_SPD_DIMS and shape[-1] == shape[-2]


def limits_of(dtype: str) -> tuple[float, float]:
    """Smallest integer of a dtype, and the first that is too large."""
    if dtype == "bool":
        return 0, 2
    bits = 8 * DTYPE_BYTES[dtype]
    if dtype.startswith("uint"):
        return 0, 2.0**bits
    if dtype.startswith("int"):
        return -(2.0 ** (bits - 1)), 2.0 ** (bits - 1)
    return -(2.0**62), 2.0**62


def fits(draw: Draw) -> bool:
    """Whether the range lies inside the dtype; `high` itself is not drawn."""
    low, high = limits_of(draw.dtype)
    return low <= draw.low and draw.high <= high


def n_bytes(draw: Draw) -> int:
    """Size of one drawn argument."""
    return math.prod(draw.shape) * DTYPE_BYTES[draw.dtype]
