"""Why a program is not timed: what its inspection found, against the baseline's. Runs in the timer.

Each reason is a stable code; `unreadable`, `outputs_differ` and `execution_failed` come from the
steps that find them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from jax_workbench.tools.benchmark_fn.messages import Refusal
from jax_workbench.tools.benchmark_fn.program_facts import Facts

MAX_EXTRA_CONST_BYTES = 2**20
COARSE_FLOATS = frozenset(("bf16", "f16"))
CONTRACT_FLOATS = ("float32", "float64", "complex64", "complex128")
BF16_TOLERANCE = 2e-2
"""A caller who asks for no more than this has agreed to 16-bit floats."""


@dataclass(frozen=True)
class Program:
    """One program as it was found: what the tracer calls its leaves, and what is in it."""

    in_paths: Sequence[str]
    out_paths: Sequence[str]
    facts: Facts


def foreign_calls(facts: Facts) -> Refusal | None:
    """Refuse a program that calls what is not known to be harmless, baseline or not."""
    if not facts.custom_calls:
        return None
    names = ", ".join(sorted(facts.custom_calls)[:5])
    return Refusal(reason="custom_call", text=f"It calls {names}, which is not on the list.")


def refusal(
    candidate: Program, baseline: Program, *, check_outputs: bool, rtol: float | None
) -> Refusal | None:
    """Say why a candidate is not comparable with the baseline, or None.

    Without `check_outputs` the outputs may have any shape and precision; the inputs may not.
    """
    facts = candidate.facts
    if foreign := foreign_calls(facts):
        return foreign
    if text := differing_signature(candidate, baseline, check_outputs=check_outputs):
        return Refusal(reason="signature_differs", text=text)
    if unused := sorted(set(facts.unused_inputs) - set(baseline.facts.unused_inputs)):
        names = ", ".join(candidate.in_paths[i] for i in unused[:5])
        text = f"Its result does not depend on {names}; the baseline's does."
        return Refusal(reason="inputs_unused", text=text)
    extra = facts.const_bytes - baseline.facts.const_bytes
    if extra > MAX_EXTRA_CONST_BYTES:
        text = f"It holds {extra / 2**20:.1f} MiB of constants that the baseline does not hold."
        return Refusal(reason="constants_baked_in", text=text)
    accepts_coarse = not check_outputs or (rtol is not None and rtol >= BF16_TOLERANCE)
    if not accepts_coarse and (text := downgrade(facts, baseline.facts)):
        return Refusal(reason="precision_downgrade", text=text)
    return None


def differing_signature(candidate: Program, baseline: Program, *, check_outputs: bool) -> str:
    """What goes in or out differently, or nothing: names, shapes and dtypes are compared."""
    sides = [
        (
            "takes",
            candidate.in_paths,
            candidate.facts.inputs,
            baseline.in_paths,
            baseline.facts.inputs,
        )
    ]
    if check_outputs:
        sides.append(
            (
                "returns",
                candidate.out_paths,
                candidate.facts.outputs,
                baseline.out_paths,
                baseline.facts.outputs,
            )
        )
    for verb, paths, kinds, base_paths, base_kinds in sides:
        ours, theirs = listed(paths, kinds), listed(base_paths, base_kinds)
        if ours != theirs:
            return f"It {verb} {shortened(ours)}; the baseline {verb} {shortened(theirs)}."
    return ""


def listed(paths: Sequence[str], kinds: Sequence[str]) -> list[str]:
    """Each leaf as `path: float32[3]`."""
    return [f"{path}: {kind}" for path, kind in zip(paths, kinds, strict=True)]


def shortened(leaves: Sequence[str], limit: int = 6) -> str:
    """The first few leaves, and how many more there are."""
    more = f" and {len(leaves) - limit} more" if len(leaves) > limit else ""
    return f"({', '.join(leaves[:limit])}{more})"


def downgrade(facts: Facts, baseline: Facts) -> str:
    """How a candidate computes more coarsely than the baseline where the contract is f32 or f64."""
    floats = [
        kind
        for kind in (*baseline.inputs, *baseline.outputs)
        if "float" in kind or "complex" in kind
    ]
    if not all(kind.startswith(CONTRACT_FLOATS) for kind in floats):
        return ""
    if coarse := coarse_types(facts) - coarse_types(baseline):
        return (
            f"It computes in {', '.join(sorted(coarse))}; the baseline does not. "
            f"An rtol of {BF16_TOLERANCE} or more accepts that."
        )
    ours, theirs = facts.dot_precision, baseline.dot_precision
    if ours is not None and theirs is not None and ours < theirs:
        return "It asks for a lower precision of its matrix products than the baseline."
    return ""


def coarse_types(facts: Facts) -> set[str]:
    """Floating-point types of 16 bits or fewer, also inside a dot's algorithm."""
    found = facts.dtypes | facts.dot_algorithms
    return {t for t in found if t in COARSE_FLOATS or t.startswith(("f8", "f6", "f4", "tf32"))}
