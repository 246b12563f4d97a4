"""A linen module is initialised without a key.

## Why is this bad?
`init` takes the key first, then the inputs: InvalidRngError.

## Use instead
`module.init(jax.random.key(0), x)`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report arrays of numbers where the key belongs."""
    owner = event.owner
    if event.method != "init" or owner is None or not event.args or is_guarded(event):
        return
    klass = owner.klass if owner.kind == "instance" else None
    is_linen = owner.constructor.startswith("flax.linen.") or (
        klass is not None and klass.is_linen_module and klass.member("init") is None
    )
    first = event.args[0]
    is_numbers = first.kind in {"array", "numpy"} and first.op.startswith(("jax.numpy.", "numpy."))
    if is_linen and is_numbers:
        yield Found(
            event.node,
            "init takes a key first, and gets an array of numbers: InvalidRngError. Write"
            " init(jax.random.key(0), x).",
        )


RULE = Rule(
    "FLX120",
    "init-without-key",
    "error",
    ((Call, check),),
    confirm="run",
    calls=(".init",),
    page=__doc__ or "",
)
