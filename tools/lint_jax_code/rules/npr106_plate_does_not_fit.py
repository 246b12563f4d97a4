"""Plates of NumPyro do not fit each other, or what is sampled in them.

## Why is this bad?
Nested plates need a dimension each, and a distribution in a plate has the plate's length or 1
there: AssertionError or ValueError.

## Use instead
`dim=-2` for the outer plate; `.to_event(1)` where the last axis belongs to one draw.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.shaping import shape_of_value
from jax_workbench.tools.lint_jax_code.engine.values import Value

PLATE = "numpyro.plate"
ELEMENTWISE = frozenset(
    f"numpyro.distributions.{name}"
    for name in ("Normal", "LogNormal", "Cauchy", "StudentT", "Gamma", "Beta", "Laplace", "Uniform")
)


def plates(event: Call) -> list[Value]:
    """The plates around, from outside in."""
    return [value for value, _ in event.frame.contexts if value.op == PLATE]


def check(event: Call) -> Iterator[Found]:
    """Report a plate inside one of the same dimension."""
    if event.name != PLATE or is_guarded(event):
        return
    wanted = event.kwargs.get("dim")
    if wanted is None or not isinstance(wanted.const, int):
        return
    for outer in plates(event):
        taken = outer.kwargs.get("dim")
        if taken is not None and taken.const == wanted.const:
            yield Found(
                event.node,
                f"Two nested plates have the dimension {wanted.const}: AssertionError. Give the"
                f" outer one dim={wanted.const - 1}.",
            )
            return


def check_sample(event: Call) -> Iterator[Found]:
    """Report a distribution whose last batch axis is not the length of the one plate around."""
    around = plates(event)
    if event.name != "numpyro.sample" or len(event.args) < 2 or len(around) != 1:
        return
    plate, drawn = around[0], event.args[1]
    length = plate.args[1].const if len(plate.args) > 1 else None
    dimension = plate.kwargs.get("dim")
    is_last = dimension is None or dimension.const == -1
    if drawn.constructor not in ELEMENTWISE or not isinstance(length, int) or not is_last:
        return
    known = [shape_of_value(a) for a in (*drawn.args, *drawn.kwargs.values())]
    last = {shape[-1] for shape in known if shape}
    wrong = next((n for n in last if n not in {None, 1, length}), None)
    if wrong is not None and length > 1 and not is_guarded(event):
        yield Found(
            event.node,
            f"The distribution has {wrong} values where the plate has {length}: ValueError. Make"
            " them one draw with .to_event(1), or the plate as long.",
            related=((plate.node, "the plate"),) if plate.node is not None else (),
        )


RULE = Rule(
    "NPR106",
    "plate-does-not-fit",
    "error",
    ((Call, check), (Call, check_sample)),
    confirm="run",
    page=__doc__ or "",
)
