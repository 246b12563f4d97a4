"""What an exported program holds and does, found before anything of it is compiled.

Runs in the timer. The walk counts what was written.
"""

import hashlib
import re
from functools import partial
from typing import Any

import jax
from jax import export

from jax_workbench.tools.benchmark_fn.program_facts import Facts
from jax_workbench.tools.benchmark_fn.program_ir import (
    ADVANCE,
    attribute,
    call_target,
    element_type,
    entry,
    functions_of,
    is_splat,
    is_tensor,
    kind_of,
    n_bytes,
    parse,
)
from jax_workbench.tools.benchmark_fn.program_walk import Walk

CUSTOM_CALLS = re.compile(
    r"(lapack|blas)_[sdcz]\w+_ffi|(dynamic_)?ducc_fft|cu_threefry2x32(_ffi)?|ApproxTopK|mhlo\.\w+|"
    r"stablehlo\.\w+|Sharding|SPMDFullToShardShape|SPMDShardToFullShape|annotate_device_placement|"
    r"sdy\.\w+|xla\.sdy\.\w+|shape_assertion|Rng\w*"
)
"""Targets that compute or mark; nothing that calls back to the host."""

TALKING = {"infeed", "outfeed", "send", "recv"}
"""Operations by which a program would wait for the host."""

PRECISION = {"DEFAULT": 0, "HIGH": 1, "HIGHEST": 2}


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
        raise ValueError(
            f"made for {exported.nr_devices} devices of {', '.join(exported.platforms)}; only mode "
            "as_called runs on several"
        )
    module = parse(exported.mlir_module())
    functions = functions_of(module)
    module.operation.walk(partial(see, facts))
    facts.work = Walk(functions, facts).program()
    facts.unused_inputs = unused_inputs(exported, entry(functions["main"]))
    # Without locations already; names of modules and results say nothing of the program.
    bare = re.sub(r"^module @\S+|jax.result_info = \"[^\"]*\"", "", str(module))
    facts.program = hashlib.sha256(bare.encode()).hexdigest()
    return exported, facts


def aval_text(aval: Any) -> str:
    """Such as `float32[3,4]`."""
    return aval.str_short(short_dtypes=False)


def unused_inputs(exported: export.Exported, main: Any) -> tuple[int, ...]:
    """Inputs on which no operation depends; what the blob says of itself is not enough."""
    kept = [
        i
        for i, used in zip(exported.module_kept_var_idx, main.arguments, strict=True)
        if any(True for _ in used.uses)
    ]
    return tuple(sorted(set(range(len(exported.in_avals))) - set(kept)))


def see(facts: Facts, op: Any) -> Any:
    """Note what matters of any operation, also in regions and in functions that nobody calls."""
    kind = kind_of(op)
    if kind == "custom_call":
        target = call_target(op)
        if not CUSTOM_CALLS.fullmatch(target):
            facts.custom_calls.add(target)
    elif kind in TALKING:
        facts.custom_calls.add(op.name)
    elif op.name == "stablehlo.constant" and not is_splat(op):
        facts.const_bytes += n_bytes(op.results[0])
    elif kind in {"dot_general", "convolution"}:
        see_precision(op, facts)
    facts.n_loops += kind == "while"
    facts.dtypes |= {element_type(r) for r in op.results if is_tensor(r)}
    return ADVANCE


def see_precision(op: Any, facts: Facts) -> None:
    """Note the precision of a contraction, and an algorithm that rounds its operands."""
    found = re.findall(r"HIGHEST|HIGH|DEFAULT", str(attribute(op, "precision_config", "")))
    asked = min((PRECISION[name] for name in found), default=PRECISION["DEFAULT"])
    so_far = facts.dot_precision
    facts.dot_precision = asked if so_far is None else min(asked, so_far)
    facts.dot_algorithms |= set(
        re.findall(r"hs_precision_type = (\w+)", str(attribute(op, "algorithm", "")))
    )
