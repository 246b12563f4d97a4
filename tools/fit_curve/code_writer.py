"""Writes a script that repeats the fit with SciPy alone. Runs in the worker."""

import ast
import re

from jax_workbench.tools.fit_curve.curve import Floats
from jax_workbench.tools.fit_curve.expression import ALIASES, CONSTANTS, FUNCTIONS
from jax_workbench.tools.fit_curve.fit import Fit

SPECIAL = {"erf": "erf", "gamma": "gamma", "lgamma": "gammaln", "j0": "j0", "j1": "j1"}
MOST_INLINE = 20
"""Rows that stand in the script itself; more are read from the artifact residuals.csv."""


def reproducing_code(fit: Fit) -> str:
    """A script that prints parameters and residual sum of squares.

    Reads `residuals.csv` (or .npz), an artifact of the same run, unless the rows are few. The
    variable `best` holds the result and `rss` the unweighted sum.
    """
    lines = ["import numpy as np", "from scipy.optimize import least_squares"]
    if not fit.model.source and (used := special_functions(fit)):
        lines.append(f"from scipy.special import {', '.join(used)}")
    lines += ["", *data_lines(fit), "", *model_lines(fit), "", *solve_lines(fit)]
    return "\n".join(lines) + "\n"


def special_functions(fit: Fit) -> list[str]:
    """Functions of the formula that are SciPy's."""
    called = set(re.findall(r"\b(\w+)\(", fit.model.expression))
    return sorted(SPECIAL[name] for name in called if name in SPECIAL)


def data_lines(fit: Fit) -> list[str]:
    """Where x, y, sigma come from."""
    seen = fit.observations
    names = list(seen.predictors)
    if seen.n <= MOST_INLINE and seen.sets is None:
        lines = [
            f"{name} = np.array({listed(column)})"
            for name, column in zip(names, seen.x, strict=True)
        ]
        lines.append(f"y = np.array({listed(seen.y)})")
        if seen.sigma is not None:
            lines.append(f"sigma = np.array({listed(seen.sigma)})")
        if seen.x_sigma is not None:
            lines.append(f"x_sigma = np.array({listed(seen.x_sigma)})")
        return lines
    read = 'np.genfromtxt("residuals.csv", delimiter=",", names=True)'
    if seen.n > MOST_CSV:
        read = 'np.load("residuals.npz")'
    lines = [f"data = {read}  # the artifact of this run"]
    wanted = [*names, "y"]
    wanted += ["sigma"] if seen.sigma is not None else []
    wanted += ["x_sigma"] if seen.x_sigma is not None else []
    wanted += ["set"] if seen.sets is not None else []
    lines += [f'{"sets" if n == "set" else n} = data["{n}"]' for n in wanted]
    if seen.sets is not None:
        lines.append("sets = sets.astype(int)")
    return lines


MOST_CSV = 100_000
"""Rows up to which the residuals are written as CSV."""


def listed(column: Floats) -> str:
    """Numbers in full precision."""
    return "[" + ", ".join(repr(float(value)) for value in column) + "]"


def model_lines(fit: Fit) -> list[str]:
    """The function `f(theta)` of the free parameters."""
    arguments: list[str] = []
    for slot in fit.curve.slots:
        if slot.value is not None:
            arguments.append(f"    {slot.name} = {slot.value!r}")
        elif len(slot.free) == 1:
            arguments.append(f"    {slot.name} = theta[{slot.free[0]}]")
        elif slot.free:
            arguments.append(f"    {slot.name} = theta[{slot.free[0]} + sets]")
    for slot in fit.curve.slots:
        if slot.tie is not None:
            tied = translated(fit.ask.params[slot.name].tied)
            arguments.append(f"    {slot.name} = {tied}")
    names = ", ".join(fit.curve.names)
    predictor = fit.observations.predictors
    if fit.model.source:
        x = predictor[0] if len(predictor) == 1 else f"np.array([{', '.join(predictor)}])"
        passed = ", ".join(slot.name for slot in fit.curve.slots)
        head = [numpy_source(fit.model.source).rstrip(), "", ""]
        call = f"    return f({x}, {passed})"
    else:
        head, call = [], f"    return {translated(fit.model.expression)} + 0 * {predictor[0]}"
    shift = "shift" if fit.observations.x_sigma is not None else ""
    signature = f"def curve(theta{f', {predictor[0]}' if shift else ''}):  # theta = {names}"
    return [*head, signature, *arguments, call]


def numpy_source(source: str) -> str:
    """The model's source with NumPy in place of JAX, so that SciPy can call it."""
    source = re.sub(r"import jax\.numpy as", "import numpy as", source)
    source = re.sub(r"from jax import numpy as", "import numpy as", source)
    return source.replace("from jax.scipy.special", "from scipy.special")


def translated(formula: str) -> str:
    """A formula in NumPy's words."""
    tree = ast.parse(formula.replace("^", "**"), mode="eval")
    return ast.unparse(ToNumpy().visit(tree))


class ToNumpy(ast.NodeTransformer):
    """Gives each function and constant its module."""

    def visit_Call(self, node: ast.Call) -> ast.Call:
        """A function of the allow-list."""
        name = ast.unparse(node.func)
        name = ALIASES.get(name, name)
        text = SPECIAL.get(name, f"np.{name}" if name in FUNCTIONS else name)
        return ast.Call(ast.Name(text), [self.visit(part) for part in node.args], [])

    def visit_Name(self, node: ast.Name) -> ast.Name:
        """A constant, or any other name as it is."""
        return ast.Name(f"np.{node.id}") if node.id in CONSTANTS else node


def solve_lines(fit: Fit) -> list[str]:
    """The call of SciPy, from the optimum that was found."""
    seen, curve = fit.observations, fit.curve
    options = [f"x0=np.array({listed(fit.theta)})", "x_scale='jac'"]
    if any(free.is_bounded for free in curve.free):
        bounds = [listed(side).replace("inf", "np.inf") for side in (curve.low, curve.high)]
        options.append(f"bounds=({bounds[0]}, {bounds[1]})")
    if fit.threshold:
        options += [f"loss={fit.ask.loss!r}", f"f_scale={fit.threshold!r}"]
    weighted = " / sigma" if seen.sigma is not None else ""
    if seen.x_sigma is not None:
        return odr_lines(fit)
    return [
        f"best = least_squares(lambda theta: (curve(theta) - y){weighted}, {', '.join(options)},",
        "                     xtol=1e-15, ftol=1e-15, gtol=1e-15)",
        "rss = np.sum((curve(best.x) - y) ** 2)",
        "print(best.x, rss)",
    ]


def odr_lines(fit: Fit) -> list[str]:
    """Both errors at once: the true x of each row are unknowns as well."""
    x = fit.observations.predictors[0]
    p = len(fit.theta)
    sigma = "sigma" if fit.observations.sigma is not None else "1.0"
    return [
        f"def distances(unknowns, p={p}):",
        "    theta, shift = unknowns[:p], unknowns[p:]",
        f"    return np.concatenate([(curve(theta, {x} + shift * x_sigma) - y) / {sigma}, shift])",
        "",
        f"start = np.concatenate([{listed(fit.theta)}, np.zeros(y.size)])",
        "best = least_squares(distances, start, x_scale='jac', xtol=1e-15, ftol=1e-15, gtol=1e-15)",
        f"best.x = best.x[:{p}]",
        f"rss = np.sum((curve(best.x, {x}) - y) ** 2)",
        "print(best.x, rss)",
    ]
