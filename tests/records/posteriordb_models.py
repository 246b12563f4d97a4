"""Reference posteriors of posteriordb as NumPyro models, with the data each of them takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

HEAD = """import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro.distributions import constraints

def flat(name, shape=()):
    return numpyro.sample(name, dist.ImproperUniform(constraints.real, (), shape))

def flat_positive(name):
    return numpyro.sample(name, dist.ImproperUniform(constraints.positive, (), ()))

"""

type Data = Mapping[str, Any]


@dataclass(frozen=True)
class Reference:
    """A model, and how its arguments come from posteriordb's data."""

    name: str
    body: str
    arguments: Callable[[Data], dict[str, Any]]
    is_expected_ok: bool = True
    entry: str = ""
    """Whose data and moments it has, where they are another's."""

    @property
    def model(self) -> str:
        """The text that is sent."""
        return HEAD + self.body


def columns(*names: str) -> Callable[[Data], dict[str, Any]]:
    """The data of these names as they are."""
    return lambda data: {name: data[name] for name in names}


def design(target: str, *terms: Callable[[Data], Any]) -> Callable[[Data], dict[str, Any]]:
    """`y` and a matrix `X` of ones and one column per term; `log ` before a name takes it."""

    def made(data: Data) -> dict[str, Any]:
        y = array(data, target.removeprefix("log "))
        rows = [np.ones_like(y), *(np.asarray(term(data)) for term in terms)]
        return {"X": np.stack(rows, 1), "y": np.log(y) if target.startswith("log ") else y}

    return made


def array(data: Data, name: str) -> Any:
    """One column."""
    return np.asarray(data[name], float)


def term(name: str) -> Callable[[Data], Any]:
    """A column as a term."""
    return lambda data: array(data, name)


def log_product(*names: str) -> Callable[[Data], Any]:
    """The log of a product of columns."""
    return lambda data: sum(np.log(array(data, name)) for name in names)


FLAT_LINE = """def model(X, y):
    beta = flat("beta", (X.shape[1],))
    sigma = flat_positive("sigma")
    numpyro.sample("obs", dist.Normal(X @ beta, sigma), obs=y)
"""
CAUCHY_LINE = FLAT_LINE.replace(
    'flat_positive("sigma")', 'numpyro.sample("sigma", dist.HalfCauchy(2.5))'
)

VOLUME = log_product("diam1", "diam2", "canopy_height")
AREA = log_product("diam1", "diam2")


def shape_of_canopy(data: Data) -> Any:
    """Log ratio of the diameters."""
    return np.log(array(data, "diam1") / array(data, "diam2"))


EIGHT = "eight_schools-eight_schools_noncentered"

IN_ORDER_OF_THE_SOURCE = (
    Reference(
        "arK-arK",
        """def model(y):
    alpha = numpyro.sample("alpha", dist.Normal(0, 10))
    beta = numpyro.sample("beta", dist.Normal(0, 10).expand([5]))
    sigma = numpyro.sample("sigma", dist.HalfCauchy(2.5))
    n = len(y)
    mu = alpha + sum(beta[k] * y[4 - k:n - 1 - k] for k in range(5))
    numpyro.sample("obs", dist.Normal(mu, sigma), obs=y[5:])
""",
        columns("y"),
    ),
    Reference(
        "arma-arma11",
        """def model(y):
    mu = numpyro.sample("mu", dist.Normal(0, 10))
    phi = numpyro.sample("phi", dist.Normal(0, 2))
    theta = numpyro.sample("theta", dist.Normal(0, 2))
    sigma = numpyro.sample("sigma", dist.HalfCauchy(2.5))
    first = y[0] - (mu + phi * mu)

    def step(error, pair):
        last, now = pair
        error = now - (mu + phi * last + theta * error)
        return error, error

    _, rest = jax.lax.scan(step, first, (y[:-1], y[1:]))
    errors = jnp.concatenate([first[None], rest])
    numpyro.factor("errors", dist.Normal(0, sigma).log_prob(errors).sum())
""",
        columns("y"),
        is_expected_ok=False,
    ),
    Reference("earnings-earn_height", FLAT_LINE, design("earn", term("height"))),
    Reference("earnings-logearn_height", FLAT_LINE, design("log earn", term("height"))),
    Reference(
        "earnings-logearn_height_male", FLAT_LINE, design("log earn", term("height"), term("male"))
    ),
    Reference(
        "earnings-logearn_logheight_male",
        FLAT_LINE,
        design("log earn", log_product("height"), term("male")),
    ),
    Reference(
        EIGHT,
        """def model(y, sigma):
    mu = numpyro.sample("mu", dist.Normal(0, 5))
    tau = numpyro.sample("tau", dist.HalfCauchy(5))
    eta = numpyro.sample("eta", dist.Normal(0, 1).expand([8]))
    theta = numpyro.deterministic("theta", mu + tau * eta)
    numpyro.sample("obs", dist.Normal(theta, sigma), obs=y)
""",
        columns("y", "sigma"),
    ),
    Reference(
        "eight_schools-eight_schools_centered",
        """def model(y, sigma):
    mu = numpyro.sample("mu", dist.Normal(0, 5))
    tau = numpyro.sample("tau", dist.HalfCauchy(5))
    theta = numpyro.sample("theta", dist.Normal(mu, tau).expand([8]))
    numpyro.sample("obs", dist.Normal(theta, sigma), obs=y)
""",
        columns("y", "sigma"),
        is_expected_ok=False,
        entry=EIGHT,  # the same posterior, written otherwise
    ),
    Reference(
        "garch-garch11",
        """def model(y, sigma1):
    mu = flat("mu")
    alpha0 = flat_positive("alpha0")
    alpha1 = numpyro.sample("alpha1", dist.Uniform(0, 1))
    beta1 = numpyro.sample("beta1", dist.Uniform(0, 1 - alpha1))
    numpyro.factor("flat", jnp.log1p(-alpha1))

    def step(sigma, last):
        sigma = jnp.sqrt(alpha0 + alpha1 * (last - mu) ** 2 + beta1 * sigma**2)
        return sigma, sigma

    _, rest = jax.lax.scan(step, jnp.asarray(sigma1), y[:-1])
    scale = jnp.concatenate([jnp.asarray(sigma1)[None], rest])
    numpyro.sample("obs", dist.Normal(mu, scale), obs=y)
""",
        columns("y", "sigma1"),
    ),
    Reference(
        "gp_pois_regr-gp_regr",
        """def model(x, y):
    rho = numpyro.sample("rho", dist.Gamma(25, 4))
    alpha = numpyro.sample("alpha", dist.HalfNormal(2))
    sigma = numpyro.sample("sigma", dist.HalfNormal(1))
    cov = alpha**2 * jnp.exp(-0.5 * ((x[:, None] - x) / rho) ** 2) + sigma * jnp.eye(len(x))
    numpyro.sample("obs", dist.MultivariateNormal(jnp.zeros(len(x)), cov), obs=y)
""",
        columns("x", "y"),
    ),
    Reference(
        "gp_pois_regr-gp_pois_regr",
        """def model(x, k):
    rho = numpyro.sample("rho", dist.Gamma(25, 4))
    alpha = numpyro.sample("alpha", dist.HalfNormal(2))
    z = numpyro.sample("z", dist.Normal(0, 1).expand([len(x)]))
    cov = alpha**2 * jnp.exp(-0.5 * ((x[:, None] - x) / rho) ** 2) + 1e-10 * jnp.eye(len(x))
    f = numpyro.deterministic("f", jnp.linalg.cholesky(cov) @ z)
    numpyro.sample("obs", dist.Poisson(jnp.exp(f)), obs=k)
""",
        columns("x", "k"),
    ),
    Reference(
        "hudson_lynx_hare-lotka_volterra",
        """def model(y_init, y):
    theta = numpyro.sample("theta", dist.TruncatedNormal(
        jnp.array([1, 0.05, 1, 0.05]), jnp.array([0.5, 0.05, 0.5, 0.05]), low=0.0))
    sigma = numpyro.sample("sigma", dist.LogNormal(-1, 1).expand([2]))
    start = numpyro.sample("z_init", dist.LogNormal(jnp.log(10.0), 1).expand([2]))

    def slope(z):
        u, v = z
        return jnp.stack([(theta[0] - theta[1] * v) * u, (-theta[2] + theta[3] * u) * v])

    def step(z, _):
        h = 1 / 20
        a = slope(z)
        b = slope(z + h / 2 * a)
        c = slope(z + h / 2 * b)
        d = slope(z + h * c)
        return z + h / 6 * (a + 2 * b + 2 * c + d), None

    def year(z, _):
        z, _ = jax.lax.scan(step, z, None, length=20)
        return z, z

    _, z = jax.lax.scan(year, start, None, length=20)
    numpyro.sample("first", dist.LogNormal(jnp.log(start), sigma), obs=y_init)
    numpyro.sample("obs", dist.LogNormal(jnp.log(z), sigma), obs=y)
""",
        columns("y_init", "y"),
    ),
    Reference(
        "kidiq-kidscore_interaction",
        CAUCHY_LINE,
        design(
            "kid_score",
            term("mom_hs"),
            term("mom_iq"),
            lambda d: array(d, "mom_hs") * array(d, "mom_iq"),
        ),
    ),
    Reference("kidiq-kidscore_momhs", CAUCHY_LINE, design("kid_score", term("mom_hs"))),
    Reference(
        "kidiq-kidscore_momhsiq", CAUCHY_LINE, design("kid_score", term("mom_hs"), term("mom_iq"))
    ),
    Reference("kidiq-kidscore_momiq", CAUCHY_LINE, design("kid_score", term("mom_iq"))),
    Reference(
        "low_dim_gauss_mix-low_dim_gauss_mix",
        """def model(y):
    mu = numpyro.sample("mu", dist.ImproperUniform(constraints.ordered_vector, (), (2,)))
    numpyro.factor("prior", dist.Normal(0, 2).log_prob(mu).sum())
    sigma = numpyro.sample("sigma", dist.HalfNormal(2).expand([2]))
    theta = numpyro.sample("theta", dist.Beta(5, 5))
    mix = dist.MixtureSameFamily(
        dist.Categorical(jnp.stack([theta, 1 - theta])), dist.Normal(mu, sigma))
    numpyro.sample("obs", mix, obs=y)
""",
        columns("y"),
    ),
    Reference("mesquite-logmesquite_logvolume", FLAT_LINE, design("log weight", VOLUME)),
    Reference(
        "mesquite-logmesquite_logva", FLAT_LINE, design("log weight", VOLUME, AREA, term("group"))
    ),
    Reference(
        "mesquite-logmesquite_logvash",
        FLAT_LINE,
        design(
            "log weight",
            VOLUME,
            AREA,
            shape_of_canopy,
            log_product("total_height"),
            term("group"),
        ),
    ),
    Reference(
        "sblrc-blr",
        """def model(X, y):
    beta = numpyro.sample("beta", dist.Normal(0, 10).expand([5]))
    sigma = numpyro.sample("sigma", dist.HalfNormal(10))
    numpyro.sample("obs", dist.Normal(X @ beta, sigma), obs=y)
""",
        columns("X", "y"),
    ),
    Reference(
        "kilpisjarvi_mod-kilpisjarvi",
        """def model(x, y, pmualpha, psalpha, pmubeta, psbeta):
    alpha = numpyro.sample("alpha", dist.Normal(pmualpha, psalpha))
    beta = numpyro.sample("beta", dist.Normal(pmubeta, psbeta))
    sigma = flat_positive("sigma")
    numpyro.sample("obs", dist.Normal(alpha + beta * x, sigma), obs=y)
""",
        columns("x", "y", "pmualpha", "psalpha", "pmubeta", "psbeta"),
    ),
)

SLOW = ("hudson_lynx_hare-lotka_volterra", "gp_pois_regr-gp_pois_regr", "arma-arma11")
REFERENCES = tuple(sorted(IN_ORDER_OF_THE_SOURCE, key=lambda reference: reference.name in SLOW))
"""Every reference, the slow ones last."""
