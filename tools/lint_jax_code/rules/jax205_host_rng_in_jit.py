"""Host random numbers are drawn in staged code.

## Why is this bad?
The body runs once, at tracing: the number drawn then is a constant of the compiled program, the
same at every call.

## Use instead
jax.random with a key as an argument.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_staged, shown
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

SETTING_UP = frozenset(
    (
        "seed",
        "default_rng",
        "RandomState",
        "Random",
        "SeedSequence",
        "SystemRandom",
        "Generator",
        "getstate",
        "setstate",
        "PCG64",
        "BitGenerator",
        "get_state",
        "set_state",
    )
)


def check(event: Call) -> Iterator[Found]:
    """Report draws from NumPy's, Python's and the system's generators."""
    if not is_staged(event):
        return
    word, owner = event.name.rpartition(".")[2], event.owner
    is_module = event.name.startswith(("numpy.random.", "secrets.", "uuid.")) or (
        event.name.startswith("random.") and "random" in event.lint.facts.imports
    )
    is_generator = (
        bool(event.method)
        and owner is not None
        and owner.constructor in {"numpy.random.default_rng", "numpy.random.RandomState"}
    )
    if (is_module and word not in SETTING_UP) or is_generator:
        yield Found(
            event.node,
            f"`{shown(event.lint, event.node)}` runs once, at tracing: every call of the compiled"
            " function gets the same number. Use jax.random with a key argument.",
        )


RULE = Rule(
    "JAX205",
    "host-rng-in-jit",
    "error",
    ((Call, check),),
    confirm="none",
    page=__doc__ or "",
)
