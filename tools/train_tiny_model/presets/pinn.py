"""Networks that solve a differential equation from its residual. Runs in the worker."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
from flax import nnx

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.train_tiny_model.custom import FILENAME, Code
from jax_workbench.tools.train_tiny_model.plot import png_of
from jax_workbench.tools.train_tiny_model.presets.layers import Mlp
from jax_workbench.tools.train_tiny_model.problem import Batch, Ending, Problem, Recipe, built
from jax_workbench.tools.train_tiny_model.rows import Array, Rows, Source, Split
from jax_workbench.tools.train_tiny_model.untyped import grad, hessian

N_INSIDE = 4096
N_BOUNDARY = 256
N_GRID = {1: 400, 2: 60}
DIFFUSIVITY = 0.1

type Field = Callable[[Any], Any]
"""A point, shape (d,), to a number."""


@dataclass(frozen=True)
class Equation:
    """What must vanish inside and on the boundary of a box."""

    name: str
    domain: tuple[tuple[float, float], ...]
    residual: Callable[[Field, Any], Any]
    boundary: Callable[[Field, Any], Any]
    boundary_points: Callable[[int], Array]
    exact: Field | None = None
    weight: float = 10.0
    """Of the boundary against the inside."""


def faces(domain: tuple[tuple[float, float], ...], n: int, *, skip_end: bool = False) -> Array:
    """Points on the faces of a box; `skip_end` leaves out the last axis' upper face."""
    rng = np.random.default_rng(17)
    low, high = np.array(domain, np.float32).T
    sides = [(axis, end) for axis in range(len(domain)) for end in (0, 1)]
    if skip_end:
        sides = sides[:-1]
    parts: list[Array] = []
    for axis, end in sides:
        points = rng.uniform(low, high, (max(1, n // len(sides)), len(domain)))
        points[:, axis] = domain[axis][end]
        parts.append(points)
    return np.concatenate(parts).astype(np.float32)


def equation_named(name: str) -> Equation:
    """An equation whose solution is known in closed form.

    Raises:
        ToolError: `bad_argument`, with what there is.
    """
    if name not in EQUATIONS:
        raise ToolError(
            "bad_argument",
            f"dataset: there is no equation called {name!r}.",
            f"Use {', '.join(EQUATIONS)}, or give code with residual(u, p).",
        )
    return EQUATIONS[name]()


def poisson() -> Equation:
    """Second derivative -pi^2 sin(pi x) on (0, 1), zero at both ends; u = sin(pi x)."""
    domain = ((0.0, 1.0),)

    def residual(u: Field, p: Any) -> Any:
        def slope(x: Any) -> Any:
            return grad(u)(x)[0]

        second = grad(slope)(p)[0]
        return second + math.pi**2 * jnp.sin(math.pi * p[0])

    return Equation(
        "poisson",
        domain,
        residual,
        lambda u, p: u(p),
        partial(faces, domain),
        lambda p: jnp.sin(math.pi * p[0]),
        100.0,
    )


def poisson_2d() -> Equation:
    """u_xx + u_yy = -2 pi^2 u on the unit square, zero around; u = sin(pi x) sin(pi y)."""
    domain = ((0.0, 1.0), (0.0, 1.0))

    def exact(p: Any) -> Any:
        return jnp.sin(math.pi * p[0]) * jnp.sin(math.pi * p[1])

    def residual(u: Field, p: Any) -> Any:
        return jnp.trace(hessian(u)(p)) + 2 * math.pi**2 * exact(p)

    return Equation(
        "poisson_2d", domain, residual, lambda u, p: u(p), partial(faces, domain), exact, 100.0
    )


def heat() -> Equation:
    """u_t = 0.1 u_xx on (0, 1) for t in (0, 1), sin(pi x) at first, zero at both ends."""
    domain = ((0.0, 1.0), (0.0, 1.0))

    def exact(p: Any) -> Any:
        return jnp.exp(-DIFFUSIVITY * math.pi**2 * p[1]) * jnp.sin(math.pi * p[0])

    def residual(u: Field, p: Any) -> Any:
        def slope(q: Any) -> Any:
            return grad(u)(q)[0]

        u_t, u_xx = grad(u)(p)[1], grad(slope)(p)[0]
        return u_t - DIFFUSIVITY * u_xx

    return Equation(
        "heat",
        domain,
        residual,
        lambda u, p: u(p) - exact(p),
        partial(faces, domain, skip_end=True),
        exact,
    )


EQUATIONS = {"poisson": poisson, "poisson_2d": poisson_2d, "heat": heat}


def own_equation(code: Code) -> Equation:
    """What the caller's code defines: `residual(u, p)`, and more if it likes.

    Optional: `domain`, `boundary(u, p)`, `boundary_points(n)`, `exact(p)`.

    Raises:
        ToolError: `bad_argument` where there is no residual.
    """
    residual = code.find("residual")
    if not callable(residual):
        raise ToolError(
            "bad_argument",
            "code: it defines no residual(u, p).",
            "Define it: u maps a point p of shape (d,) to a number; also domain = [(0, 1), ...].",
        )
    pairs: Any = code.find("domain") or [(0.0, 1.0)]
    domain = tuple((float(low), float(high)) for low, high in pairs)
    exact = code.find("exact")

    def gap(u: Field, p: Any) -> Any:
        return u(p) - exact(p) if exact else u(p)

    boundary = code.find("boundary") or gap
    points = code.find("boundary_points") or partial(faces, domain)
    return Equation(
        "code",
        domain,
        code.guarded(residual),
        code.guarded(boundary),
        lambda n: np.asarray(code.guarded(points)(n), np.float32).reshape(-1, len(domain)),
        code.guarded(exact) if exact else None,
    )


class Solution(nnx.Module):
    """A smooth function on the box."""

    def __init__(self, domain: tuple[tuple[float, float], ...], *, rngs: nnx.Rngs) -> None:
        """Points are scaled to (-1, 1) first."""
        low, high = np.array(domain, np.float32).T
        self.middle = nnx.Cache(jnp.asarray((low + high) / 2))
        self.half = nnx.Cache(jnp.asarray((high - low) / 2))
        init = nnx.initializers.glorot_normal()
        widths = (len(domain), 32, 32, 32, 1)
        self.body = Mlp(widths, rngs=rngs, activation=jnp.tanh, kernel_init=init)

    def __call__(self, x: Any) -> Any:
        """Shape (n, d) to (n,)."""
        return self.body((x - self.middle[...]) / self.half[...])[:, 0]


def pinn(equation: Equation, seed: int) -> Problem:
    """The problem of making the residual vanish."""
    rng = np.random.default_rng([seed, 19])
    low, high = np.array(equation.domain, np.float32).T
    inside = [
        rng.uniform(low, high, (n, len(low))).astype(np.float32)
        for n in (N_INSIDE, N_INSIDE // 4, N_INSIDE // 4)
    ]
    parts = [Rows(x, np.zeros(len(x), np.float32)) for x in inside]
    split = Split(parts[0], parts[1], parts[2], is_own_test=False)
    source = Source(equation.name, parts[0], "pde")
    edge = jnp.asarray(equation.boundary_points(N_BOUNDARY))

    def objective(model: Any, batch: Batch, key: Any) -> Any:
        del key

        def u(p: Any) -> Any:
            return model(p[None])[0]

        within = jax.vmap(partial(equation.residual, u))(batch[0])
        around = jax.vmap(partial(equation.boundary, u))(edge)
        return jnp.mean(within**2) + equation.weight * jnp.mean(around**2)

    return Problem(
        "pinn",
        source,
        split,
        built(lambda rngs: Solution(equation.domain, rngs=rngs)),
        objective,
        Recipe(4000, 128, name="adam", learning_rate=4e-3, weight_decay=0.0, patience=1.0),
        None,
        loss_code=FILENAME if equation.name == "code" else "",
        ending=partial(ended, equation) if equation.exact else None,
    )


def grid_of(equation: Equation) -> Array:
    """Points of a regular grid, shape (n, d)."""
    n = N_GRID.get(len(equation.domain), 12)
    axes = [np.linspace(low, high, n, dtype=np.float32) for low, high in equation.domain]
    return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, len(axes))


def ended(equation: Equation, model: Any, n_samples: int) -> Ending:
    """Relative error to the exact solution on a grid."""
    del n_samples
    exact = equation.exact
    assert exact is not None  # noqa: S101 - callers look first
    points = grid_of(equation)
    found = np.asarray(model(jnp.asarray(points)), np.float64)
    wanted = np.asarray(jax.vmap(exact)(jnp.asarray(points)), np.float64).reshape(found.shape)
    error = float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))
    facts = {"largest_error": float(np.abs(found - wanted).max()), "grid_points": len(points)}
    picture = picture_of(equation, points, found, wanted)
    return Ending("relative_l2", error, None, None, 1.0, facts, {"prediction.png": picture})


def picture_of(equation: Equation, points: Array, found: Array, wanted: Array) -> bytes:
    """Prediction, truth and error, as PNG."""
    figure = plt.figure(figsize=(9, 3.2), layout="constrained")
    panels: Any = figure.subplots(1, 3 if len(equation.domain) == 2 else 2)  # noqa: PLR2004
    if len(equation.domain) == 2:  # noqa: PLR2004 - a plane
        n = N_GRID[2]
        for axis, values, title in zip(
            panels, (wanted, found, found - wanted), ("exact", "network", "error"), strict=True
        ):
            box = [*equation.domain[0], *equation.domain[1]]
            # An error is of either sign: white is none.
            top = float(np.abs(values).max()) or 1.0
            colours: dict[str, Any] = (
                {"cmap": "RdBu_r", "vmin": -top, "vmax": top} if title == "error" else {}
            )
            image = axis.imshow(
                values.reshape(n, n).T, origin="lower", extent=box, aspect="auto", **colours
            )
            figure.colorbar(image, ax=axis)
            axis.set(title=title, xlabel="p[0]", ylabel="p[1]")
        return png_of(figure)
    x = points[:, 0]
    panels[0].plot(x, wanted, color="black", lw=2.5, alpha=0.4, label="exact")
    panels[0].plot(x, found, "--", color="tab:orange", label="network")
    panels[0].legend()
    panels[0].set(title="solution", xlabel="p[0]")
    panels[1].plot(x, found - wanted, color="tab:red")
    panels[1].set(title="error", xlabel="p[0]")
    return png_of(figure)
