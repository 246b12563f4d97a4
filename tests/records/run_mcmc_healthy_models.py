"""Models without a fault."""

import numpy as np

from tests.records.run_mcmc_case import EIGHT, LINE, MANY, Case, R, separated

TABLE = {"y": (np.arange(3) + np.random.default_rng(12).normal(size=(12, 3))).round(3).tolist()}

HEALTHY = (
    Case(
        "regression",
        LINE + '    numpyro.sample("obs", dist.Normal(a + b * x, s), obs=y)\n',
        R,
        "ok",
    ),
    Case(
        "regression on many columns",
        """def model(x, y):
    w = numpyro.sample("w", dist.Normal(0, 1).expand([x.shape[1]]).to_event(1))
    s = numpyro.sample("s", dist.Exponential(1))
    numpyro.sample("obs", dist.Normal(x @ w, s), obs=y)
""",
        {
            "x": np.random.default_rng(5).normal(size=(60, 8)).round(3).tolist(),
            "y": np.random.default_rng(6).normal(size=60).round(3).tolist(),
        },
        "ok",
    ),
    Case(
        "eight schools, not centred",
        """def model(y, sigma):
    mu = numpyro.sample("mu", dist.Normal(0, 5))
    tau = numpyro.sample("tau", dist.HalfCauchy(5))
    with numpyro.plate("schools", len(y)):
        eta = numpyro.sample("eta", dist.Normal(0, 1))
        numpyro.sample("obs", dist.Normal(mu + tau * eta, sigma), obs=y)
""",
        EIGHT,
        "ok",
    ),
    Case(
        "beta and binomial",
        """def model(k, n):
    p = numpyro.sample("p", dist.Beta(1, 1))
    numpyro.sample("obs", dist.Binomial(n, p), obs=k)
""",
        {"k": [7, 5, 9], "n": [10, 10, 12]},
        "ok",
    ),
    Case(
        "no event in twelve trials",
        """def model(k):
    p = numpyro.sample("p", dist.Beta(1, 1))
    numpyro.sample("obs", dist.Binomial(12, p), obs=k)
""",
        {"k": 0},
        "ok",
    ),
    Case(
        "logistic regression",
        """def model(x, y):
    a = numpyro.sample("a", dist.Normal(0, 2))
    b = numpyro.sample("b", dist.Normal(0, 2))
    numpyro.sample("obs", dist.Bernoulli(logits=a + b * x), obs=y)
""",
        {"x": R["x"], "y": [int(v > 1) for v in R["y"]]},
        "ok",
    ),
    Case(
        "counts with an offset",
        """def model(y):
    rate = numpyro.sample("rate", dist.Gamma(2, 0.1))
    numpyro.sample("obs", dist.Poisson(rate), obs=y)
""",
        {"y": [12, 9, 14, 11, 10, 13]},
        "ok",
    ),
    Case(
        "ordered mixture",
        """def model(y):
    ordered = dist.ImproperUniform(dist.constraints.ordered_vector, (), (2,))
    mu = numpyro.sample("mu", ordered)
    numpyro.factor("prior", dist.Normal(0, 10).log_prob(mu).sum())
    s = numpyro.sample("s", dist.HalfNormal(2))
    mix = dist.MixtureSameFamily(dist.Categorical(jnp.ones(2) / 2), dist.Normal(mu, s))
    numpyro.sample("obs", mix, obs=y)
""",
        {"y": separated()["y"][30:90]},
        "ok",
    ),
    Case(
        "correlations with an LKJ prior",
        """def model(y):
    corr = numpyro.sample("L", dist.LKJCholesky(2, 2.0))
    s = numpyro.sample("s", dist.HalfNormal(2).expand([2]).to_event(1))
    numpyro.sample("obs", dist.MultivariateNormal(jnp.zeros(2), scale_tril=s[:, None] * corr),
                   obs=y)
""",
        {"y": np.random.default_rng(8).normal(size=(40, 2)).round(3).tolist()},
        "ok",
    ),
    Case(
        "random walk in a scan",
        """def model(y):
    drift = numpyro.sample("drift", dist.Normal(0, 1))
    s = numpyro.sample("s", dist.HalfNormal(1))

    def step(last, now):
        return now, dist.Normal(last + drift, s).log_prob(now)

    _, terms = jax.lax.scan(step, y[0], y[1:])
    numpyro.factor("walk", terms.sum())
""",
        {"y": np.random.default_rng(9).normal(0.2, 1, 50).cumsum().round(3).tolist()},
        "ok",
    ),
    Case(
        "a row of means against a table",
        """def model(y):
    m = numpyro.sample("m", dist.Normal(0, 5).expand([3]))
    s = numpyro.sample("s", dist.HalfNormal(2))
    numpyro.sample("obs", dist.Normal(m, s), obs=y)
""",
        TABLE,
        "ok",
    ),
    Case(
        "a column of means in nested plates",
        """def model(y):
    s = numpyro.sample("s", dist.HalfNormal(2))
    with numpyro.plate("rows", y.shape[0], dim=-2):
        m = numpyro.sample("m", dist.Normal(0, 5))
        with numpyro.plate("columns", y.shape[1], dim=-1):
            numpyro.sample("obs", dist.Normal(m, s), obs=y)
""",
        TABLE,
        "ok",
    ),
    Case(
        "both with a last axis of one",
        LINE + '    numpyro.sample("obs", dist.Normal(a + b * x[:, None], s), obs=y[:, None])\n',
        R,
        "ok",
    ),
    Case(
        "one constant that many terms are held to",
        """def model(y):
    m = numpyro.sample("m", dist.Normal(0, 5).expand([3]))
    numpyro.sample("smooth", dist.Normal(jnp.diff(m), 1), obs=0.0)
    numpyro.sample("obs", dist.Normal(m, 1), obs=y)
""",
        TABLE,
        "ok",
    ),
    Case(
        "separate models of the same data in a plate",
        """def model(y):
    with numpyro.plate("models", 3, dim=-2):
        m = numpyro.sample("m", dist.Normal(0, 5))
        with numpyro.plate("rows", len(y), dim=-1):
            numpyro.sample("obs", dist.Normal(m, 1), obs=y)
""",
        MANY,
        "ok",
    ),
)
