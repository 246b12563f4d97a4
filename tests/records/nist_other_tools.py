"""How other least-squares tools do on NIST's problems, each with its defaults.

Runs by itself with any interpreter that has the tool: `python nist_other_tools.py lmfit`.
"""

import importlib
import importlib.util
import json
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from nist_problems import Problem, digits, problems

type Answer = tuple[dict[str, float], dict[str, float | None] | None]
NAMES = ("exp", "cos", "sin", "arctan")


def function_of(problem: Problem, library: Any) -> Callable[..., Any]:
    """The model as `f(x, b1, b2, ...)` in NumPy or JAX; the texts are those of this folder."""
    names = ", ".join(problem.certified)
    unpack = "x" if len(problem.x) == 1 else "x[0], x[1]"
    head = ", ".join(problem.predictors)
    source = f"def f(x, {names}):\n    {head} = {unpack}\n    return {problem.model}\n"
    space: dict[str, Any] = {name: getattr(library, name) for name in NAMES} | {"pi": np.pi}
    exec(source, space)  # noqa: S102 - formulas of nist/problems.json, written by us
    return space["f"]


def predictor(problem: Problem) -> Any:
    """What the tools take as x."""
    return problem.x[0] if len(problem.x) == 1 else problem.x


def by_scipy(problem: Problem, start: Mapping[str, float] | None, method: str) -> Answer:
    """`scipy.optimize.curve_fit`."""
    from scipy import optimize  # noqa: PLC0415 - each tool only where it is asked for

    p0 = list(start.values()) if start else None
    found = cast("Any", optimize.curve_fit)(
        function_of(problem, np), predictor(problem), problem.y, p0=p0, method=method
    )
    values, covariance = found
    return named(problem, values, np.sqrt(np.diag(covariance)))


def by_nlsq(problem: Problem, start: Mapping[str, float] | None) -> Answer:
    """`nlsq.curve_fit`."""
    import jax.numpy as jnp  # noqa: PLC0415
    import nlsq  # noqa: PLC0415

    p0 = list(start.values()) if start else None
    found: Any = nlsq.curve_fit(function_of(problem, jnp), predictor(problem), problem.y, p0=p0)
    return named(problem, found.popt, np.sqrt(np.diag(found.pcov)))


def by_optimistix(problem: Problem, start: Mapping[str, float] | None) -> Answer:
    """`optimistix.LevenbergMarquardt`, tolerances 1e-8; ones where there is no start."""
    import jax.numpy as jnp  # noqa: PLC0415
    import optimistix  # noqa: PLC0415

    f = function_of(problem, jnp)
    x, y = jnp.asarray(predictor(problem)), jnp.asarray(problem.y)
    first = jnp.asarray(list(start.values()) if start else [1.0] * len(problem.certified))
    found = optimistix.least_squares(
        lambda b, _: f(x, *b) - y,
        optimistix.LevenbergMarquardt(rtol=1e-8, atol=1e-8),
        first,
        max_steps=2000,
    )
    return dict(zip(problem.certified, np.asarray(found.value).tolist(), strict=True)), None


def by_lmfit(problem: Problem, start: Mapping[str, float] | None) -> Answer:
    """`lmfit.Model.fit`; ones where there is no start, since it takes none of its own."""
    # Not a dependency: it is measured from an environment of its own.
    lmfit: Any = importlib.import_module("lmfit")
    model: Any = lmfit.Model(function_of(problem, np), independent_vars=["x"])
    given = start or dict.fromkeys(problem.certified, 1.0)
    found: Any = model.fit(problem.y, x=predictor(problem), **given)
    values = {b: float(found.params[b].value) for b in problem.certified}
    return values, {b: found.params[b].stderr for b in problem.certified}


def named(problem: Problem, values: Any, sd: Any) -> Answer:
    """Arrays by parameter."""
    names = list(problem.certified)
    return (
        dict(zip(names, map(float, values), strict=True)),
        dict(zip(names, map(float, sd), strict=True)),
    )


TOOLS: dict[str, Callable[[Problem, Mapping[str, float] | None], Answer]] = {
    "scipy lm": lambda p, s: by_scipy(p, s, "lm"),
    "scipy trf": lambda p, s: by_scipy(p, s, "trf"),
    "lmfit": by_lmfit,
    "nlsq": by_nlsq,
    "optimistix LM": by_optimistix,
}


def scores(tool: str) -> dict[str, Any]:
    """Digits of parameters and standard deviations: from start 1, start 2, and no start."""
    found: dict[str, Any] = {}
    began = time.process_time()
    for problem in problems():
        found[problem.name] = [
            score(problem, start, TOOLS[tool]) for start in (*problem.starts, None)
        ]
    return {"digits": found, "cpu_s": round(time.process_time() - began, 1)}


def score(
    problem: Problem,
    start: Mapping[str, float] | None,
    solve: Callable[[Problem, Mapping[str, float] | None], Answer],
) -> list[float]:
    """Digits of one answer; an exception has none."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            values, sd = solve(problem, start)
        except Exception:  # noqa: BLE001 - a tool that raises gave no answer
            return [0.0, 0.0]
    return [round(part, 2) for part in digits(problem, values, sd)]


if __name__ == "__main__":
    if importlib.util.find_spec("jax"):
        import jax

        jax.config.update("jax_enable_x64", True)
    print(json.dumps(scores(sys.argv[1])))  # noqa: T201 - read by nist_strd.py
