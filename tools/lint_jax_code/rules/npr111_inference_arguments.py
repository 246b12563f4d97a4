"""An inference object gets something else where it takes a key or a state.

## Why is this bad?
`mcmc.run` and `svi.init` and `svi.run` begin with a key, `svi.update` with the state of the step
before: anything else fails inside, far from here.

## Use instead
`mcmc.run(jax.random.key(0), *data)`; `state, loss = svi.update(state, *data)`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import shown
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

MADE_BY = ("numpyro.infer.MCMC", "numpyro.infer.SVI")
KEYED = frozenset(
    (
        "numpyro.infer.MCMC.run",
        "numpyro.infer.MCMC.warmup",
        "numpyro.infer.SVI.init",
        "numpyro.infer.SVI.run",
    )
)


def check(event: Call) -> Iterator[Found]:
    """Report first arguments of the wrong kind."""
    owner = event.owner
    if owner is None or owner.constructor not in MADE_BY or event.has_star:
        return
    called = f"{owner.constructor}.{event.method}"
    first = event.argument(0, "svi_state" if event.method == "update" else "rng_key")
    word = f"{called.rpartition('.')[0].rpartition('.')[2]}.{event.method}"
    if called in KEYED and (first is None or is_no_key(first)) and not event.has_double_star:
        found = shown(event.lint, event.node.args[0]) if event.node.args else "nothing"
        yield Found(
            event.node,
            f"{word} begins with a key, and gets `{found}`. Pass jax.random.key(seed) first.",
        )
    if called.endswith("SVI.update") and first is not None and first.kind == "key":
        yield Found(
            event.node,
            f"{word} begins with the state of the step before, and gets a key. Pass what init and"
            " the last update gave.",
        )


def is_no_key(value: Value) -> bool:
    """Whether it is proven to be data."""
    if value.kind == "static":
        return value.has_const
    is_data = value.op.startswith(("jax.numpy.", "numpy.")) and "uint32" not in value.dtype
    return value.kind in {"array", "numpy", "list"} and (is_data or value.kind == "list")


RULE = Rule(
    "NPR111",
    "inference-arguments",
    "error",
    ((Call, check),),
    confirm="run",
    calls=(".run", ".warmup", ".init", ".update"),
    page=__doc__ or "",
)
