"""What an exported program holds and does, found before anything of it is compiled.

Runs in the timer. The only file that uses private modules of JAX; the walk counts what was
written, of which XLA may drop dead code.
"""

import hashlib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jax
from jax import export
from jax._src.interpreters.mlir import make_ir_context
from jaxlib.mlir import ir
from jaxlib.mlir.dialects import stablehlo  # pyright: ignore[reportMissingTypeStubs]

CUSTOM_CALLS = re.compile(
    r"(lapack|blas)_[sdcz]\w+_ffi|(dynamic_)?ducc_fft|cu_threefry2x32(_ffi)?|ApproxTopK|mhlo\.\w+|"
    r"stablehlo\.\w+|Sharding|SPMDFullToShardShape|SPMDShardToFullShape|annotate_device_placement|"
    r"sdy\.\w+|xla\.sdy\.\w+|shape_assertion|Rng\w*"
)
"""Targets that compute or mark; nothing that calls back to the host."""

TALKING = {"infeed", "outfeed", "send", "recv"}
"""Operations by which a program would wait for the host."""

MOVES = {
    *("constant", "iota", "broadcast_in_dim", "reshape", "transpose", "slice", "dynamic_slice"),
    *("concatenate", "pad", "gather", "dynamic_update_slice", "convert", "bitcast_convert"),
    *("return", "tuple", "get_tuple_element", "optimization_barrier", "reverse"),
}
"""Operations that move values and compute none."""


def lu_flops(m: int, n: int) -> float:
    """Flops of an m x n factorisation into triangles."""
    k = min(m, n)
    return 2 * (m * n * k - (m + n) * k * k / 2 + k**3 / 3)


LAPACK: dict[str, Callable[[int, int], float]] = {
    "potrf": lambda _m, n: n**3 / 3,
    "geqrf": lambda m, n: 2 * m * n * n - 2 * n**3 / 3,
    "orgqr": lambda _m, n: 4 * n**3 / 3,
    "ungqr": lambda _m, n: 4 * n**3 / 3,
    "getrf": lu_flops,
    "syevd": lambda _m, n: 9 * n**3,
    "heevd": lambda _m, n: 9 * n**3,
    "gesdd": lambda m, n: 4 * m * n * min(m, n) + 22 * min(m, n) ** 3,
}
"""Leading terms by rows and columns: Golub and Van Loan, Matrix Computations, 4th ed. (2013),
sections 3.2, 4.2, 5.2, 8.3, 8.6."""

PRECISION = {"DEFAULT": 0, "HIGH": 1, "HIGHEST": 2}


@dataclass
class Facts:
    """What the walk found."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    program: str = ""
    """Hash of the text without locations and names."""
    flops: float = 0.0
    open_loops: int = 0
    """Loops whose number of turns the data decide; each is counted as one turn."""
    n_loops: int = 0
    custom_calls: set[str] = field(default_factory=set[str])
    """Targets that are not on the list."""
    dtypes: set[str] = field(default_factory=set[str])
    const_bytes: int = 0
    contraction: int = 1
    """Terms of the longest sum: of a dot, a convolution or a reduction."""
    dot_precision: int | None = None
    """The lowest that a dot or convolution asks for; None without any."""
    dot_algorithms: set[str] = field(default_factory=set[str])
    """Operand types of dots with an algorithm of their own."""
    unused_inputs: tuple[int, ...] = ()


def inspect(blob: bytes) -> tuple[export.Exported, Facts]:
    """Deserialise a program and say what is in it.

    A garbled blob may raise anything: catch everything around this.
    """
    exported = export.deserialize(bytearray(blob))
    facts = Facts(
        inputs=tuple(aval_text(aval) for aval in exported.in_avals),
        outputs=tuple(aval_text(aval) for aval in exported.out_avals),
    )
    if exported.nr_devices != 1 or jax.default_backend() not in exported.platforms:
        raise ValueError(f"made for {exported.nr_devices} devices of {exported.platforms}")
    with make_ir_context() as context:
        module = ir.Module.parse(exported.mlir_module(), context)
        functions = {
            ir.StringAttr(f.attributes["sym_name"]).value: f.operation
            for f in module.body.operations
        }
        module.operation.walk(lambda op: see(op, facts))
        facts.flops = Walk(functions, facts).function("main")
        facts.unused_inputs = unused_inputs(exported, entry(functions["main"]))
        # Without locations already; names of modules and results say nothing of the program.
        bare = re.sub(r"^module @\S+|jax.result_info = \"[^\"]*\"", "", str(module))
    facts.program = hashlib.sha256(bare.encode()).hexdigest()
    return exported, facts


def aval_text(aval: Any) -> str:
    """Such as `float32[3,4]`."""
    return aval.str_short(short_dtypes=False)


def entry(function: Any) -> Any:
    """First block of an operation's first region."""
    return function.regions[0].blocks[0]


def unused_inputs(exported: export.Exported, main: Any) -> tuple[int, ...]:
    """Inputs on which no operation depends; what the blob says of itself is not enough."""
    kept = [
        i
        for i, used in zip(exported.module_kept_var_idx, main.arguments, strict=True)
        if any(True for _ in used.uses)
    ]
    return tuple(sorted(set(range(len(exported.in_avals))) - set(kept)))


def see(op: Any, facts: Facts) -> Any:
    """Note what matters of any operation, also in regions and in functions that nobody calls."""
    kind = op.name.split(".")[-1]
    if kind == "custom_call":
        target = ir.StringAttr(op.attributes["call_target_name"]).value
        if not CUSTOM_CALLS.fullmatch(target):
            facts.custom_calls.add(target)
    elif kind in TALKING:
        facts.custom_calls.add(op.name)
    elif op.name == "stablehlo.constant":
        see_constant(op, facts)
    elif kind in {"dot_general", "convolution"}:
        see_precision(op, facts)
    facts.n_loops += kind == "while"
    facts.dtypes |= {element_type(r) for r in op.results if "tensor<" in str(r.type)}
    return ir.WalkResult.ADVANCE


def see_constant(op: Any, facts: Facts) -> None:
    """Add the bytes of a constant that is more than one value repeated."""
    value = op.attributes["value"]
    if not (isinstance(value, ir.DenseElementsAttr) and value.is_splat):
        bits = re.search(r"\d+", element_type(op.results[0]))
        width = math.ceil(int(bits.group()) / 8) if bits else 8
        facts.const_bytes += math.prod(shape(op.results[0])) * width


def see_precision(op: Any, facts: Facts) -> None:
    """Note the precision of a contraction, and an algorithm that rounds its operands."""
    names = {name: op.attributes[name] for name in op.attributes}
    found = re.findall(r"HIGHEST|HIGH|DEFAULT", str(names.get("precision_config", "")))
    asked = min((PRECISION[name] for name in found), default=PRECISION["DEFAULT"])
    so_far = facts.dot_precision
    facts.dot_precision = asked if so_far is None else min(asked, so_far)
    facts.dot_algorithms |= set(
        re.findall(r"hs_precision_type = (\w+)", str(names.get("algorithm", "")))
    )


def element_type(value: Any) -> str:
    """Element type of a tensor value as MLIR writes it."""
    return str(ir.RankedTensorType(value.type).element_type)


def shape(value: Any) -> list[int]:
    """Sizes of a tensor value."""
    return list(ir.RankedTensorType(value.type).shape)


@dataclass
class Walk:
    """Adds up the flops of a program, each of its functions once however often it is called."""

    functions: dict[str, Any]
    facts: Facts
    flops_by_function: dict[str, float] = field(default_factory=dict[str, float])

    def function(self, name: str) -> float:
        """Flops of one call of a function."""
        if name not in self.flops_by_function:
            self.flops_by_function[name] = self.block(entry(self.functions[name]))
        return self.flops_by_function[name]

    def block(self, block: Any) -> float:
        """Flops of one run of a block."""
        return sum(self.operation(operation.operation) for operation in block.operations)

    def operation(self, op: Any) -> float:
        """Flops of one operation and of what it runs; of branches the dearest."""
        kind = op.name.split(".")[-1]
        if kind == "while":
            turns = trips(op)
            self.facts.open_loops += turns is None
            once = sum(self.block(region.blocks[0]) for region in op.regions)
            return once * (1 if turns is None else turns)
        if kind in {"case", "if"}:
            return max(self.block(region.blocks[0]) for region in op.regions)
        if kind in {"call", "composite"}:
            name = str(op.attributes["callee" if kind == "call" else "decomposition"])
            return self.function(name.lstrip("@").strip('"'))
        return flops_of(op, kind, self.facts)


def flops_of(op: Any, kind: str, facts: Facts) -> float:
    """Flops of one operation; a function such as `sin` counts once an element."""
    has_tensor = op.results and "tensor<" in str(op.results[0].type)
    n = math.prod(shape(op.results[0])) if has_tensor else 0
    if kind == "dot_general":
        numbers = stablehlo.DotDimensionNumbers(op.attributes["dot_dimension_numbers"])
        sizes = shape(op.operands[0])
        return summed(n, math.prod(sizes[i] for i in numbers.lhs_contracting_dimensions), facts)
    if kind == "convolution":
        numbers = stablehlo.ConvDimensionNumbers(op.attributes["dimension_numbers"])
        kernel = shape(op.operands[1])
        terms = math.prod(kernel) // max(1, kernel[numbers.kernel_output_feature_dimension])
        return summed(n, terms, facts)
    if kind == "custom_call":
        return lapack_flops(op, facts)
    if kind in {"fft", "sort"}:
        return (5 if kind == "fft" else 1) * n * math.log2(max(2, shape(op.operands[0])[-1]))
    if kind in {"reduce", "reduce_window", "scatter"}:
        size = math.prod(shape(op.operands[0]))
        facts.contraction = max(facts.contraction, size // max(1, n))
        return size
    return 0 if kind in MOVES else n


def summed(n: int, terms: int, facts: Facts) -> float:
    """Flops of n sums of products."""
    facts.contraction = max(facts.contraction, terms)
    return 2.0 * n * terms


def lapack_flops(op: Any, facts: Facts) -> float:
    """Flops of a call to LAPACK or BLAS, 0 for a target that is neither."""
    target = ir.StringAttr(op.attributes["call_target_name"]).value
    if "trsm" in target:
        facts.contraction = max(facts.contraction, shape(op.operands[0])[-1])
        return math.prod(shape(op.operands[0])) * shape(op.operands[1])[-1]
    formula = next((formula for name, formula in LAPACK.items() if name in target), None)
    if formula is None:
        return 0
    *batch, rows, columns = shape(op.operands[0])
    facts.contraction = max(facts.contraction, rows, columns)
    return math.prod(batch) * formula(rows, columns)


def trips(loop: Any) -> int | None:
    """Turns of a loop as JAX lowers `fori_loop` and `scan`; None where the data decide."""
    test, body = (list(region.blocks[0].operations)[-1].operands for region in loop.regions)
    if maker(test[0]) != "stablehlo.compare":
        return None
    compare = test[0].owner
    k = argument_number(compare.operands[0])
    if k is None or "LT" not in str(compare.attributes["comparison_direction"]):
        return None

    def fixed(value: Any) -> int | None:
        """A value that no turn changes."""
        number = argument_number(value)
        if number is None:
            return constant(value)
        unchanged = argument_number(body[number]) == number
        return constant(loop.operands[number]) if unchanged else None

    if maker(body[k]) != "stablehlo.add":
        return None
    steps = [step for value in body[k].owner.operands if (step := fixed(value))]
    low, high = constant(loop.operands[k]), fixed(compare.operands[1])
    if low is None or high is None or len(steps) != 1 or steps[0] < 1:
        return None
    return max(0, -(-(high - low) // steps[0]))


def maker(value: Any) -> str:
    """Name of the operation that makes a value; empty for an argument."""
    return "" if isinstance(value, ir.BlockArgument) else value.owner.name


def argument_number(value: Any) -> int | None:
    """Which argument of its block a value is, or None."""
    return value.arg_number if isinstance(value, ir.BlockArgument) else None


def constant(value: Any) -> int | None:
    """The integer behind a value, or None."""
    name = maker(value)
    if name == "stablehlo.convert":
        return constant(value.owner.operands[0])
    if name != "stablehlo.constant":
        return None
    attribute: Any = ir.DenseElementsAttr(value.owner.attributes["value"])
    is_integer = attribute.is_splat and "i" in str(attribute.type.element_type)
    return int(attribute.get_splat_value().value) if is_integer else None
