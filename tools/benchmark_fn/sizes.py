"""The sizes of a sweep: which there are, and what `inputs` mean at one of them. Server."""

from collections.abc import Mapping

from jax_workbench.tools.benchmark_fn import BenchmarkFnAsk, InputSpec
from jax_workbench.tools.errors import ToolError

MAX_SIZES = 8
MAX_ROWS = 16
"""Variants times sizes: more would not fit into an answer."""

type Sizes = Mapping[str, int]


def sizes_of(ask: BenchmarkFnAsk) -> list[dict[str, int]]:
    """The sizes of a sweep in rising order, each by the parameter's name; one empty without.

    Raises:
        ToolError: `bad_argument`.
    """
    named = {size for spec in ask.inputs for size in spec.shape if isinstance(size, str)}
    if unknown := sorted(named - set(ask.sweep)):
        raise bad_sweep(
            f"inputs: a shape names {unknown[0]}, which sweep does not list.",
            f'Add sweep: {{"{unknown[0]}": [128, 256, 512]}}, or write a number.',
        )
    if not ask.sweep:
        return [{}]
    ((parameter, sizes),) = ask.sweep.items()
    if ask.inputs and parameter not in named:
        raise bad_sweep(
            f"sweep: no shape of inputs names {parameter}.",
            f'Write "{parameter}" as a size in a shape.',
        )
    if not parameter.isidentifier():
        raise bad_sweep(f"sweep: {parameter!r} is no name.", "Use a name such as n.")
    if not sizes or len(set(sizes)) < len(sizes) or min(sizes) < 1:
        raise bad_sweep(
            f"sweep: the sizes of {parameter} are {list(sizes)[:9]}; expected different ones "
            "from 1.",
            "Send sizes such as [128, 256, 512].",
        )
    most = min(MAX_SIZES, MAX_ROWS // len(ask.variants))
    if len(sizes) > most:
        raise bad_sweep(
            f"sweep: {len(sizes)} sizes of {len(ask.variants)} variants; at most {most} fit into "
            "an answer.",
            "Send fewer sizes, far apart: cost exponents need three.",
        )
    return [{parameter: size} for size in sorted(sizes)]


def bad_sweep(cause: str, next_step: str) -> ToolError:
    """A sweep that can't be run."""
    return ToolError("bad_argument", cause, next_step)


def at_sizes(specs: tuple[InputSpec, ...], sizes: Sizes) -> tuple[InputSpec, ...]:
    """The specs with numbers in place of the names of swept sizes."""
    return tuple(
        spec.model_copy(
            update={
                "shape": tuple(
                    sizes[size] if isinstance(size, str) else size for size in spec.shape
                )
            }
        )
        for spec in specs
    )
