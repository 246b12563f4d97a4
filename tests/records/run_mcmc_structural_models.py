"""Models whose fault one run of them shows."""

import numpy as np

from tests.records.run_mcmc_case import LINE, MANY, Case, R

STRUCTURAL_WARNINGS = (
    Case(
        "every datum against each of three groups",
        """def model(y):
    m = numpyro.sample("m", dist.Normal(0, 5).expand([3]))
    s = numpyro.sample("s", dist.HalfNormal(2))
    numpyro.sample("obs", dist.Normal(m[:, None], s), obs=y)
""",
        MANY,
        "warn",
        ("broadcast_likelihood",),
        "line 8",
    ),
    Case(
        "plate around a plate",
        LINE
        + '    with numpyro.plate("again", 3, dim=-2), numpyro.plate("rows", len(y)):\n'
        + '        numpyro.sample("obs", dist.Normal(a + b * x, s), obs=y)\n',
        R,
        "warn",
        ("broadcast_likelihood", "plate"),
        "obs",
    ),
    Case(
        "obs= forgotten",
        LINE + '    numpyro.sample("y", dist.Normal(a + b * x, s))\n',
        R,
        "warn",
        ("missing_obs",),
        "y",
    ),
    Case(
        "obs= forgotten on one of two",
        LINE
        + '    numpyro.sample("first", dist.Normal(a, 1), obs=x)\n'
        + '    numpyro.sample("second", dist.Normal(b * jnp.ones(40), s))\n',
        R,
        "warn",
        ("missing_obs",),
        "second",
    ),
    Case(
        "real latent as a scale",
        """def model(y):
    m = numpyro.sample("m", dist.Normal(0, 5))
    s = numpyro.sample("s", dist.Normal(1, 1))
    numpyro.sample("obs", dist.Normal(m, s), obs=y)
""",
        MANY,
        "warn",
        ("invalid_parameter",),
        "obs",
    ),
    Case(
        "log of a real latent",
        """def model(y):
    m = numpyro.sample("m", dist.Normal(3, 2))
    numpyro.factor("like", -0.5 * jnp.sum((y - jnp.exp(jnp.log(m))) ** 2))
""",
        MANY,
        "warn",
        ("nan_log_prob",),
        "like",
    ),
    Case(
        "data outside of the support",
        """def model(y):
    m = numpyro.sample("m", dist.Normal(0, 1))
    s = numpyro.sample("s", dist.HalfNormal(1))
    numpyro.sample("obs", dist.LogNormal(m, s).mask(y > 0), obs=y)
""",
        {"y": [1.0, 2.0, -3.0, 0.5]},
        "warn",
        ("obs_outside_support",),
        "[2]",
    ),
    Case(
        "predictor with a huge offset",
        LINE + '    numpyro.sample("obs", dist.Normal(a + b * x, s), obs=y)\n',
        {"x": (1.6e9 + np.arange(40.0) * 10).tolist(), "y": R["y"]},
        "warn",
        ("predictor_scale",),
        "x",
    ),
    Case(
        "timestamps in float32",
        LINE + '    numpyro.sample("obs", dist.Normal(a + b * (x - x[0]), s), obs=y)\n',
        {"x": (1.6e9 + np.arange(40.0)).tolist(), "y": R["y"]},
        "warn",
        ("float32",),
        "x",
        {"x64": False},
    ),
)
