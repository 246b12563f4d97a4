"""The first guess has more or fewer numbers than the curve has parameters.

## Why is this bad?
`curve_fit(f, x, y, p0)` calls `f(x, *p0)`: TypeError.

## Use instead
One number for each parameter of f behind x, in their order.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.inference import FITTER_CLASSES, FITTERS
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.stacks import innermost
from jax_workbench.tools.lint_jax_code.engine.values import Value

MORE_FITTERS = FITTERS | {"scipy.optimize.curve_fit"}


def check(event: Call) -> Iterator[Found]:
    """Report first guesses that the function can't be called with."""
    is_method = event.owner is not None and event.owner.constructor in FITTER_CLASSES
    if event.name not in MORE_FITTERS and not (is_method and event.method == "curve_fit"):
        return
    given, guess = event.argument(0, "f"), event.argument(3, "p0")
    function = innermost(given)[0] if given is not None else None
    n = count_of(guess) if guess is not None else None
    if function is None or n is None or function.has_star or function.partial_args:
        return
    names = [p.arg for p in function.parameters if p.arg != "self"]
    n_required = function.n_required - (len(function.parameters) - len(names))
    if not n_required <= n + 1 <= len(names):
        yield Found(
            event.argument_node(3, "p0") or event.node,
            f"The first guess has {n} numbers, and `{function.name}` has {len(names) - 1}"
            f" parameters behind `{names[0]}`: TypeError. Give one for each:"
            f" {', '.join(names[1:])}.",
            related=((function.node, "the curve"),),
        )


def count_of(guess: Value) -> int | None:
    """How many numbers it has, where that is proven."""
    if guess.kind in {"list", "tuple"} and guess.items is not None:
        return len(guess.items)
    shape = guess.shape if guess.kind in {"array", "numpy"} else None
    is_flat = shape is not None and len(shape) == 1 and isinstance(shape[0], int)
    return shape[0] if is_flat and shape is not None else None


RULE = Rule(
    "NLQ102",
    "first-guess-of-another-length",
    "error",
    ((Call, check),),
    confirm="run",
    calls=("nlsq.", ".curve_fit", "scipy.optimize.curve_fit"),
    page=__doc__ or "",
)
