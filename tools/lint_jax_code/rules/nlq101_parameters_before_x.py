"""A curve's function takes its parameters first.

## Why is this bad?
`curve_fit(f, x, y)` calls `f(x, *params)`: the first parameter gets the data, and what is fitted is
another curve, or nothing.

## Use instead
The predictor first: `def f(x, a, b)`.
"""

import re
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.inference import FITTER_CLASSES, FITTERS
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.stacks import innermost

PREDICTOR = re.compile(r"^(x|xs|xdata|x_data|t|ts|time|times|tdata)$")


def check(event: Call) -> Iterator[Found]:
    """Report functions whose last parameter alone is called like a predictor."""
    is_method = event.owner is not None and event.owner.constructor in FITTER_CLASSES
    if event.name not in FITTERS and not (is_method and event.method == "curve_fit"):
        return
    given = event.argument(0, "f")
    function = innermost(given)[0] if given is not None else None
    if function is None or function.has_star or function.partial_args:
        return
    names = [p.arg for p in function.parameters if p.arg != "self"]
    is_last = len(names) > 1 and PREDICTOR.match(names[-1]) is not None
    if is_last and not any(PREDICTOR.match(name) for name in names[:-1]):
        yield Found(
            function.node.args.args[0],
            f"curve_fit calls this with the data first, and `{names[-1]}` stands last:"
            f" `{names[0]}` gets the data. Put `{names[-1]}` first.",
            related=((event.node, "fitted here"),),
        )


RULE = Rule(
    "NLQ101",
    "parameters-before-x",
    "warning",
    ((Call, check),),
    confirm="none",
    calls=("nlsq.", ".curve_fit"),
    page=__doc__ or "",
)
