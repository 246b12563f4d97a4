"""Fits of real kinds: what is asked, what was true, and what the answer must be."""

# Parameters of a lambda that is taken as Callable[..., Array] have no type to infer.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

type Array = NDArray[Any]
type Formula = Callable[..., Array]


@dataclass(frozen=True)
class Case:
    """One call.

    Attributes:
        ask: Arguments of the call.
        status: What the answer must say; "error" for a call that is refused as malformed.
        codes: Reasons that must be among those given; empty for "ok".
        formula: Independent form of the model, f(x, *truth), for well-posed cases.
        truth: Parameters that made the data.
        sigma: Of the residuals that an independent optimiser is to minimise.
    """

    name: str
    ask: dict[str, Any]
    status: str = "ok"
    codes: tuple[str, ...] = ()
    formula: Formula | None = None
    truth: tuple[float, ...] = ()
    x: Array = field(default_factory=lambda: np.zeros(0))
    y: Array = field(default_factory=lambda: np.zeros(0))
    sigma: Array | float = 1.0


def noisy(values: Array, sigma: Array | float, seed: int) -> Array:
    """Values with normal errors."""
    return values + sigma * np.random.default_rng(seed).normal(size=values.shape)


def posed(  # noqa: PLR0913, PLR0917 - what makes a well-posed case
    name: str,
    model: str,
    formula: Formula,
    truth: Sequence[float],
    x: Array,
    noise: Array | float,
    seed: int,
    **more: Any,
) -> Case:
    """A case whose answer must be "ok" and as good as an optimiser that starts at the truth."""
    y = noisy(formula(x, *truth), noise, seed)
    ask = {"model": model, "x": x.tolist(), "y": y.tolist(), **more}
    weight = noise if "sigma" in more else 1.0
    return Case(name, ask, "ok", (), formula, tuple(truth), x, y, weight)


def doubtful(  # noqa: PLR0913, PLR0917 - what makes a doubtful case
    name: str, model: str, x: Array, y: Array, status: str, codes: Sequence[str], **more: Any
) -> Case:
    """A case that must be warned about or refused."""
    ask = {"model": model, "x": x.tolist(), "y": y.tolist(), **more}
    return Case(name, ask, status, tuple(codes))


def decay(x: Array, a: float, k: float, c: float = 0.0) -> Array:
    """Exponential with an offset."""
    return a * np.exp(-k * x) + c


def bell(x: Array, a: float, m: float, w: float) -> Array:
    """Gaussian."""
    return a * np.exp(-((x - m) ** 2) / (2 * w**2))


def rational(x: Array, p0: float, p1: float, p2: float, q1: float) -> Array:
    """Quadratic over linear."""
    return (p0 + p1 * x + p2 * x**2) / (1 + q1 * x)


def knee(x: Array, level: float, at: float, before: float, after: float) -> Array:
    """Two lines that meet."""
    return level + np.where(x < at, before, after) * (x - at)


def well_posed() -> list[Case]:
    """Fits that must succeed without a word of warning, most of them without a start."""
    x = np.linspace(0, 5, 40)
    long = np.linspace(0, 10, 150)
    conc = np.geomspace(1e-9, 1e-4, 14)
    kelvin = np.linspace(280, 360, 9)
    metre = np.linspace(2e-7, 3e-6, 60)
    s = np.linspace(0.2, 20, 18)
    arrhenius = 1e13 * np.exp(-80000 / 8.31446261815324 / kelvin)

    def planck(x: Array, a: float, t: float) -> Array:
        return a / (x**5 * np.expm1(0.014387768775039337 / (x * t)))

    return [
        posed("decay", "a*exp(-k*x)+c", decay, (3, 1.3, 0.5), x, 0.05, 1),
        posed("decay by name", "exponential_decay + constant", decay, (3, 1.3, 0.5), x, 0.05, 2),
        posed("two decays", "a*exp(-k*x)+b*exp(-q*x)",
              lambda x, a, k, b, q: decay(x, a, k) + decay(x, b, q), (3, 0.4, 4, 5), x, 0.01, 3),
        posed("growth", "a*exp(k*x)", lambda x, a, k: a * np.exp(k * x), (0.2, 1.1), x, 0.05, 4),
        posed("fast decay", "a*exp(-k*x)+c", decay, (5, 4e6, 1), x * 1e-6, 0.05, 5),
        posed("slow decay", "a*exp(-k*x)", decay, (5, 2e-9), x * 1e8, 0.02, 6),
        posed("saturation", "michaelis_menten",
              lambda x, v, k: v * x / (k + x), (12, 3), s, 0.1, 7),
        posed("hill", "hill",
              lambda x, v, n, k: v * x**n / (k**n + x**n), (9, 2.5, 4), s, 0.05, 8),
        posed("langmuir", "langmuir",
              lambda x, q, k: q * k * x / (1 + k * x), (4, 0.4), s, 0.03, 9),
        posed("freundlich", "freundlich",
              lambda x, k, n: k * x ** (1 / n), (2, 2.2), s, 0.03, 10),
        posed("dose-response", "dose_response",
              lambda x, b, t, e, h: b + (t - b) / (1 + (e / x) ** h),
              (5, 95, 3e-7, 1.2), conc, 1.0, 11),
        posed("logistic growth", "logistic",
              lambda x, a, m, w: a / (1 + np.exp(-(x - m) / w)), (80, 2.5, 0.4), x, 1.0, 12),
        posed("gompertz", "gompertz",
              lambda x, a, k, m: a * np.exp(-np.exp(-k * (x - m))), (50, 1.6, 2), x, 0.5, 13),
        posed("one peak", "gaussian + linear",
              lambda x, a, m, w, s, b: bell(x, a, m, w) + s * x + b,
              (5, 4, 0.4, 0.1, 1), long, 0.1, 14),
        posed("overlapping peaks", "gaussian + gaussian + constant",
              lambda x, a, m, w, b, n, v, c: bell(x, a, m, w) + bell(x, b, n, v) + c,
              (5, 4, 0.5, 3, 5.2, 0.6, 0.5), long, 0.08, 15),
        posed("narrow peak", "gaussian", bell, (100, 7.77, 0.08), np.linspace(0, 10, 400), 2.0, 16),
        posed("lorentzian", "lorentzian",
              lambda x, a, m, w: a / (1 + ((x - m) / w) ** 2), (7, 6, 0.3), long, 0.1, 17),
        posed("peak far from zero", "gaussian", bell, (3, 1e6 + 5, 1.0), 1e6 + long, 0.05, 18),
        posed("fast sine", "a*sin(w*x+p)+c",
              lambda x, a, w, p, c: a * np.sin(w * x + p) + c, (2, 17.3, 1, 0.4), long, 0.2, 19),
        posed("damped oscillation", "damped_sine",
              lambda x, a, k, w, p: a * np.exp(-k * x) * np.sin(w * x + p),
              (2, 0.2, 4, -1), long, 0.1, 20),
        posed("power law", "power_law", lambda x, a, b: a * x**b, (0.7, 1.8), s, 0.3, 21),
        posed("cubic", "cubic", lambda x, *c: np.polynomial.polynomial.polyval(x, c),
              (1, -2, 0.5, 0.3), x, 0.2, 22),
        posed("rational", "(p0+p1*x+p2*x^2)/(1+q1*x)", rational, (1, 2, 0.5, 0.3), s, 0.03, 23),
        posed("arrhenius", "arrhenius",
              lambda x, a, e: a * np.exp(-e / (8.31446261815324 * x)), (1e13, 80000), kelvin,
              0.01 * arrhenius, 24, sigma=(0.01 * arrhenius).tolist(), sigma_kind="relative"),
        posed("planck", "planck", planck, (1e-18, 5800), metre, 1e8, 25),
        posed("known errors", "a*exp(-k*x)+c", decay, (3, 1.3, 0.5), x, 0.02 + 0.02 * x, 26,
              sigma=(0.02 + 0.02 * x).tolist(), sigma_kind="absolute"),
        posed("broken line", "broken_line",
              knee, (2, 2.2, 1, -0.5), x, 0.05, 27),
        posed("bessel", "a*j0(k*x)", lambda x, a, k: a * bessel(k * x), (2, 3), x, 0.02, 28),
        posed("python source", "import numpy as np\ndef f(x, a, k):\n    return a*np.exp(-k*x)\n",
              decay, (3, 1.3), x, 0.05, 29),
        posed("bounds not reached", "a*exp(-k*x)+c", decay, (3, 1.3, 0.5), x, 0.05, 30,
              params={"a": {"min": 0}, "k": {"min": 0, "max": 100}, "c": {"min": 0}}),
        posed("bad start", "a*exp(-k*x)+c", decay, (3, 1.3, 0.5), x, 0.05, 31,
              params={"a": {"start": 1}, "k": {"start": 1e4}, "c": {"start": 0}}),
        posed("exact data", "a*exp(-k*x)+c", decay, (3, 1.3, 0.5), x, 0.0, 32),
        posed("offset that is zero", "a*exp(-k*x)+c", decay, (3, 1.3, 0.0), x, 0.05, 33),
        posed("six points", "a*exp(-k*x)", decay, (3, 0.8), np.linspace(0, 4, 6), 0.05, 34),
    ]  # fmt: skip


def bessel(x: Array) -> Array:
    """J0, from SciPy."""
    from scipy.special import j0  # noqa: PLC0415 - for one case

    return np.asarray(j0(x))


def warned() -> list[Case]:
    """Fits with numbers and a reason to doubt them."""
    x = np.linspace(0, 5, 40)
    y = noisy(decay(x, 3, 1.3, 0.5), 0.05, 101)
    plain = noisy(decay(x, 3, 1.3), 0.02, 102)
    spoilt = y.copy()
    spoilt[[7, 20]] += (5, -4)
    missing: list[float | None] = [*y.tolist()]
    missing[3] = None
    hours = np.linspace(0.1, 24, 30)
    oral = noisy(10 * 1.2 / 1.05 * (np.exp(-0.15 * hours) - np.exp(-1.2 * hours)), 0.1, 103)
    line = noisy(2 * x + 1, 0.1, 104)
    known = {"sigma_kind": "absolute"}
    return [
        doubtful("product", "a*b*exp(-k*x)", x, plain, "warn", ["unidentifiable"]),
        doubtful("sum", "a*exp(-(k+q)*x)", x, plain, "warn", ["unidentifiable"]),
        doubtful("no influence", "a*exp(-k*x)+0*z", x, plain, "warn", ["unused_parameter"]),
        doubtful("collinear terms", "a*x+b*(x+1e-9*x^2)+c", x, line, "warn", ["ill_conditioned"]),
        doubtful("outliers", "a*exp(-k*x)+c", x, spoilt, "warn", ["outliers"]),
        doubtful("at a bound", "a*exp(-k*x)+c", x, y, "warn", ["at_bound"],
                 params={"k": {"max": 1.0}}),
        doubtful("offset at a bound", "a*exp(-k*x)+c", x, y, "warn", ["at_bound"],
                 params={"c": {"min": 0.6}}),
        doubtful("as many points as parameters", "a*x+b", x[:2], y[:2], "warn", ["zero_dof"]),
        doubtful("constant y", "a*x+b", x, 0 * x + 2, "warn", ["constant_data"]),
        doubtful("constant x", "a*x+b", 0 * x + 1, y, "warn", ["constant_x", "unidentifiable"]),
        Case("missing value", {"model": "a*exp(-k*x)+c", "x": x.tolist(), "y": missing},
             "warn", ("nonfinite_data",)),
        doubtful("sigma too small", "a*exp(-k*x)+c", x, y, "warn", ["sigma_underestimated"],
                 sigma=[0.01] * 40, **known),
        doubtful("sigma too large", "a*exp(-k*x)+c", x, y, "warn", ["scale_mismatch"],
                 sigma=[0.5] * 40, **known),
        doubtful("wrong model", "a*x+c", x, noisy(x + 0.3 * x**2, 0.05, 105), "warn",
                 ["residual_structure"]),
        doubtful("noise alone", "a*x+c", x, noisy(0 * x, 1.0, 106), "warn", ["poor_fit"]),
        doubtful("one decay too many", "a*exp(-k*x)+b*exp(-q*x)", x,
                 noisy(decay(x, 3, 1.3), 0.05, 107), "warn", ["insignificant_parameters"]),
        doubtful("polynomial of degree 6 on a line", "polynomial6", x, line, "warn",
                 ["insignificant_parameters"]),
        doubtful("rates that can be exchanged", "bateman", hours, oral, "warn",
                 ["equivalent_solutions"]),
        doubtful("no plateau in sight", "logistic", x, noisy(np.exp(0.9 * x), 0.02, 108),
                 "warn", []),
    ]  # fmt: skip


def refused() -> list[Case]:
    """Calls without an answer."""
    x = np.linspace(0, 5, 40)
    y = noisy(decay(x, 3, 1.3, 0.5), 0.05, 201)
    branch = "def f(x, a, k):\n    if a > 0:\n        return a*x\n    return x"
    raising = "def f(x, a):\n    raise ValueError('no')"
    return [
        doubtful("too few points", "a*exp(-k*x)+c", x[:2], y[:2], "refused", ["too_few_points"]),
        doubtful("sigma zero", "a*x+c", x, y, "refused", ["bad_sigma"],
                 sigma=[0.0] + [1.0] * 39, sigma_kind="absolute"),
        doubtful("python branch", branch, x, y, "refused", ["model_raised"]),
        doubtful("python raises", raising, x, y, "refused", ["model_raised"]),
        doubtful("python shape", "def f(x, a):\n    return a*x[:3]", x, y, "refused",
                 ["length_mismatch"]),
        doubtful("log of zero", "a*log(x)+b", x, y, "refused", ["model_raised"]),
        doubtful("lengths differ", "a*x+c", x, y[:-1], "error", []),
        doubtful("unknown name", "a*foo(x)", x, y, "error", []),
    ]  # fmt: skip


def special() -> list[Case]:
    """Data sets together, errors in x, robust losses, several predictors, fixed and tied."""
    x, few = np.linspace(0, 5, 40), np.linspace(0, 5, 20)
    y = noisy(decay(x, 3, 1.3, 0.5), 0.05, 301)
    spoilt = y.copy()
    spoilt[::6] += 4
    rng = np.random.default_rng(302)
    sets = [
        f"{t:.17g},{value + 0.02 * rng.normal():.17g},{name}"
        for name, k in (("a", 1.0), ("b", 2.0), ("c", 0.5))
        for t, value in zip(few, decay(few, 2 + k, k, 0.3), strict=True)
    ]
    two = [
        f"{u},{v},{2 * u**0.7 * v**-1.2 + 0.01 * rng.normal():.17g}"
        for u in (1.0, 2.0, 4.0, 8.0)
        for v in (1.0, 2.0, 3.0, 5.0)
    ]
    steps = np.arange(20.0)
    robust = [
        doubtful(f"{loss} loss", "a*exp(-k*x)+c", x, spoilt, "ok", [], loss=loss)
        for loss in ("soft_l1", "huber", "cauchy", "arctan")
    ]
    return [
        *robust,
        Case("three sets, one offset", {
            "model": "a*exp(-k*x)+c", "data": "\n".join(["x,y,who", *sets]), "group": "who",
            "shared": ["c"]}),
        Case("two predictors", {
            "model": "a*x1^b*x2^c", "data": "\n".join(["x1,x2,y", *two]), "x": ["x1", "x2"]}),
        doubtful("errors in x", "a*x+b", steps + noisy(0 * steps, 0.2, 303),
                 noisy(2 * steps + 1, 0.3, 304), "ok", [], sigma=[0.3] * 20,
                 sigma_kind="absolute", x_sigma=[0.2] * 20),
        doubtful("fixed", "a*exp(-k*x)+c", x, y, "ok", [], params={"c": {"fixed": 0.5}}),
        doubtful("tied", "a*exp(-k*x)+c", x, y, "ok", [], params={"c": {"tied": "a/6"}}),
    ]  # fmt: skip


def all_cases() -> list[Case]:
    """Every case, by kind."""
    return [*well_posed(), *warned(), *refused(), *special()]
