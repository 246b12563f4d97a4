"""Functions that NumPyro and NLSQ trace: a sampler's model, a curve that is fitted."""

from typing import TYPE_CHECKING, Final

from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.frames import Frame
from jax_workbench.tools.lint_jax_code.engine.instances import untold
from jax_workbench.tools.lint_jax_code.engine.invocation import enter
from jax_workbench.tools.lint_jax_code.engine.parameters import bound_arguments
from jax_workbench.tools.lint_jax_code.engine.stacks import innermost
from jax_workbench.tools.lint_jax_code.engine.values import DIFFERENTIATED, STAGED, Value

if TYPE_CHECKING:
    import ast

    from jax_workbench.tools.lint_jax_code.engine.analysis import Analysis

GRADIENT_SAMPLERS: Final = frozenset(("numpyro.infer.NUTS", "numpyro.infer.HMC"))
SAMPLERS: Final = "samplers"
"""In the scratch of an analysis: the calls that made a sampler, and which."""
MODEL_TAKERS: Final = GRADIENT_SAMPLERS | {
    "numpyro.infer.SVI",
    "numpyro.infer.BarkerMH",
    "numpyro.infer.SA",
}
FITTERS: Final = frozenset(("nlsq.curve_fit", "nlsq.curve_fit_large"))
FITTER_CLASSES: Final = frozenset(("nlsq.CurveFit", "nlsq.LargeDatasetFitter"))
"""Their method curve_fit does the same."""


def model_taken(lint: "Analysis", frame: Frame, event: Call) -> Value:
    """`NUTS(model)`: the model runs under a gradient, its draws are traced, its data are not."""
    if event.name in GRADIENT_SAMPLERS:
        made = event.name.rpartition(".")[2]
        lint.scratch.setdefault(SAMPLERS, {})[event.node] = made
    for position, name in ((0, "model"), (1, "guide")):
        given = event.argument(position, name)
        function = innermost(given)[0] if given is not None else None
        if function is not None and function.bound is None:
            used = dict(lint.consumed)
            names = bound_arguments(function, [], {}) | untold(lint, function)
            enter(lint, frame, function, names, staged=DIFFERENTIATED, call=event.node)
            lint.consumed = used
    return Value(
        "object", op=event.name, args=tuple(event.args), kwargs=event.kwargs, node=event.node
    )


def sampled(frame: Frame, event: Call) -> Value:
    """`numpyro.sample`: traced where a sampler runs the model, unless it is observed."""
    observed = event.argument(2, "obs")
    is_latent = observed is None or (observed.has_const and observed.const is None)
    is_traced = frame.staged == STAGED or sampler_around(event)
    level = STAGED if is_latent and is_traced else 0
    return Value(
        "array",
        op=event.name,
        traced=level,
        args=tuple(event.args),
        kwargs=event.kwargs,
        node=event.node,
    )


def curve_fitted(lint: "Analysis", frame: Frame, event: Call) -> Value:
    """`nlsq.curve_fit(f, x, y)`: f is compiled, x and each parameter are traced."""
    given = event.argument(0, "f")
    function = innermost(given)[0] if given is not None else None
    if function is not None and function.bound is None and not function.has_star:
        x = Value("array", traced=STAGED, op="passed")
        scalars = [
            Value("array", traced=STAGED, shape=(), dtype="float") for _ in function.parameters[1:]
        ]
        names = bound_arguments(function, [x, *scalars], {})
        enter(lint, frame, function, names, staged=STAGED, call=event.node)
    if "full_output" in event.kwargs or event.has_double_star:
        return Value("unknown", op=event.name)
    return Value("tuple", items=[Value("numpy"), Value("numpy")], op=event.name, node=event.node)


def sampler_around(event: Call) -> str:
    """The sampler that runs the model around, `NUTS` or `HMC`; empty where none does."""
    made: dict[ast.AST | None, str] = event.lint.scratch.get(SAMPLERS, {})
    scope: Frame | None = event.frame.root if made else None
    while scope is not None:
        if scope.call in made:
            return made[scope.call]
        scope = scope.caller.root if scope.caller is not None else None
    return ""
