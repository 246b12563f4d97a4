"""How the operations and values of an exported program are read. Runs in the timer.

The only file that uses private modules of JAX.
"""

import math
import re
from dataclasses import dataclass
from typing import Any

from jax._src.interpreters.mlir import make_ir_context
from jaxlib.mlir import ir
from jaxlib.mlir.dialects import stablehlo  # pyright: ignore[reportMissingTypeStubs]

ADVANCE: Any = ir.WalkResult.ADVANCE


def parse(text: Any) -> Any:
    """Module of an exported program; hold it as long as anything of it is looked at."""
    with make_ir_context() as context:
        return ir.Module.parse(text, context)


def functions_of(module: Any) -> dict[str, Any]:
    """Functions of a module by name."""
    return {
        ir.StringAttr(f.attributes["sym_name"]).value: f.operation for f in module.body.operations
    }


def entry(operation: Any) -> Any:
    """First block of an operation's first region."""
    return operation.regions[0].blocks[0]


def operations_of(block: Any) -> list[Any]:
    """Operations of a block, in order; the last one returns."""
    return [operation.operation for operation in block.operations]


def kind_of(op: Any) -> str:
    """Name of an operation without its dialect, such as `dot_general`."""
    return op.name.split(".")[-1]


def is_argument(value: Any) -> bool:
    """Whether a value is an argument of its block rather than a result."""
    return isinstance(value, ir.BlockArgument)


def argument_number(value: Any) -> int | None:
    """Which argument of its block a value is, or None."""
    return value.arg_number if isinstance(value, ir.BlockArgument) else None


def maker(value: Any) -> Any:
    """Operation that makes a value; None for an argument."""
    return None if is_argument(value) else value.owner


def callee(op: Any) -> str:
    """Name of the function that a call or a composite runs."""
    name = str(op.attributes["callee" if kind_of(op) == "call" else "decomposition"])
    return name.lstrip("@").strip('"')


def attribute(op: Any, name: str, default: Any = None) -> Any:
    """An attribute, or the default where the operation has none of that name."""
    return op.attributes.get(name, default)


def numbers_in(op: Any, name: str) -> list[int]:
    """Integers of an attribute that is an array or a small dense one; empty without it."""
    found = attribute(op, name)
    if found is None:
        return []
    if isinstance(found, ir.IntegerAttr):
        return [found.value]
    return [int(value) for value in found]


def call_target(op: Any) -> str:
    """Target of a custom call."""
    return ir.StringAttr(op.attributes["call_target_name"]).value


def call_setting(op: Any, name: str) -> str:
    """One letter among the settings of a LAPACK call, such as `mode` N; empty without it."""
    settings = attribute(op, "mhlo.backend_config")
    if not isinstance(settings, ir.DictAttr) or name not in settings:
        return ""
    return chr(int(re.sub(r"\D.*", "", str(settings[name]))))


def contracted(op: Any) -> list[int]:
    """Sizes of the dimensions that a dot sums over."""
    numbers: Any = stablehlo.DotDimensionNumbers(op.attributes["dot_dimension_numbers"])
    sizes = shape(op.operands[0])
    return [sizes[i] for i in numbers.lhs_contracting_dimensions]


@dataclass(frozen=True)
class Window:
    """Sizes of a convolution: along one spatial dimension, or of its features."""

    data: int
    kernel: int
    result: int


def convolution_windows(op: Any) -> tuple[Window, list[Window]]:
    """Batch, input features of one group and output features; and the spatial dimensions."""
    numbers: Any = stablehlo.ConvDimensionNumbers(op.attributes["dimension_numbers"])
    data, kernel, result = shape(op.operands[0]), shape(op.operands[1]), shape(op.results[0])
    rows: list[tuple[int, int, int]] = list(
        zip(
            numbers.input_spatial_dimensions,
            numbers.kernel_spatial_dimensions,
            numbers.output_spatial_dimensions,
            strict=True,
        )
    )
    batch, into, out = (
        int(numbers.output_batch_dimension),
        int(numbers.kernel_input_feature_dimension),
        int(numbers.output_feature_dimension),
    )
    features = Window(result[batch], kernel[into], result[out])
    return features, [Window(data[i], kernel[k], result[o]) for i, k, o in rows]


def is_tensor(value: Any) -> bool:
    """Whether a value is an array."""
    return "tensor<" in str(value.type)


def shape(value: Any) -> list[int]:
    """Sizes of an array."""
    return list(ir.RankedTensorType(value.type).shape)


def n_elements(value: Any) -> int:
    """Elements of an array; 0 for anything else."""
    return math.prod(shape(value)) if is_tensor(value) else 0


def element_type(value: Any) -> str:
    """Element type of an array as MLIR writes it, such as `f32` or `complex<f64>`."""
    return str(ir.RankedTensorType(value.type).element_type)


def is_scalar_integer(value: Any) -> bool:
    """Whether a value is one integer or one truth value."""
    return is_tensor(value) and not shape(value) and "f" not in element_type(value)


def n_bytes(value: Any) -> int:
    """Bytes of an array; 0 for anything else."""
    if not is_tensor(value):
        return 0
    kind = element_type(value)
    bits = re.search(r"\d+", kind)
    width = math.ceil(int(bits.group()) / 8) if bits else 8
    return n_elements(value) * width * (2 if kind.startswith("complex") else 1)


def is_splat(op: Any) -> bool:
    """Whether a constant is one value repeated."""
    try:
        value = op.attributes["value"]
    except TypeError:  # the bindings have no class for complex constants
        return "dense<(" in op.get_asm(large_elements_limit=8)
    return isinstance(value, ir.DenseElementsAttr) and value.is_splat


def splat_integer(op: Any) -> int | None:
    """The integer that a constant repeats, or None."""
    if "f" in element_type(op.results[0]) or not is_splat(op):
        return None
    value: Any = ir.DenseElementsAttr(op.attributes["value"])
    return int(value.get_splat_value().value)
