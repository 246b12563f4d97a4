"""What the arguments of a call must be beyond their types, checked before any job. Server."""

from jax_workbench.tools.benchmark_fn import BenchmarkFnAsk, Variant
from jax_workbench.tools.errors import ToolError


def check_variants(ask: BenchmarkFnAsk) -> None:
    """Check the variants' names and the way their inputs are given."""
    names = [variant.name for variant in ask.variants]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ToolError(
            "bad_argument",
            f"variants: {', '.join(twice)} is the name of more than one.",
            "Give each variant a name of its own.",
        )
    if bool(ask.make_inputs.strip()) == bool(ask.inputs):
        raise ToolError(
            "bad_argument",
            "Both make_inputs and inputs are given."
            if ask.inputs
            else "Neither inputs nor make_inputs is given; without arguments XLA would compute "
            "the result once, when it compiles.",
            "Send one of them: inputs lists a spec for each argument.",
        )


def baseline_of(ask: BenchmarkFnAsk) -> Variant:
    """The variant that is the baseline."""
    names = [variant.name for variant in ask.variants]
    found = next((v for v in ask.variants if v.name == (ask.baseline or names[0])), None)
    if found is None:
        raise ToolError(
            "bad_argument",
            f"baseline: no variant is called {ask.baseline}; there are {', '.join(names)}.",
            "Name one of them, or the URI of a program that an earlier run stored.",
        )
    return found
