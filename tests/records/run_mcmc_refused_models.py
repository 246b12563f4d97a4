"""Models that cannot be sampled, each for one reason."""

from tests.records.run_mcmc_case import LINE, MANY, Case, R

REFUSED = (
    Case(
        "(n, 1) against (n,)",
        LINE + '    numpyro.sample("obs", dist.Normal(a + b * x[:, None], s), obs=y)\n',
        R,
        "refused",
        ("broadcast_likelihood",),
        "line 9",
    ),
    Case(
        "data of (n, 1) against (n,)",
        LINE + '    numpyro.sample("obs", dist.Normal(a + b * x, s), obs=y[:, None])\n',
        R,
        "refused",
        ("broadcast_likelihood",),
        "line 9",
    ),
    Case(
        "a matrix product that keeps its column",
        """def model(x, y):
    w = numpyro.sample("w", dist.Normal(0, 1).expand([1, 1]))
    numpyro.sample("obs", dist.Poisson(jnp.exp(x[:, None] @ w)), obs=y)
""",
        {"x": R["x"], "y": [int(abs(v)) for v in R["y"]]},
        "refused",
        ("broadcast_likelihood",),
        "line 7",
    ),
    Case(
        "discrete latent",
        """def model(y):
    z = numpyro.sample("z", dist.Bernoulli(0.5))
    numpyro.sample("obs", dist.Normal(z, 1), obs=y)
""",
        MANY,
        "refused",
        ("discrete_latent",),
        "z",
    ),
    Case(
        "nan in the data",
        LINE + '    numpyro.sample("obs", dist.Normal(a + b * x, s), obs=y)\n',
        {"x": R["x"], "y": [None if i == 7 else v for i, v in enumerate(R["y"])]},
        "refused",
        ("nan_in_data",),
        "row 7",
    ),
    Case(
        "nan parameter at every start",
        LINE + '    numpyro.sample("obs", dist.Normal(a + b * x, jnp.log(-s)), obs=y)\n',
        R,
        "refused",
        ("init_failed",),
        "obs",
    ),
    Case(
        "wall of -inf",
        """def model(y):
    m = numpyro.sample("m", dist.Normal(0, 5))
    numpyro.factor("wall", jnp.where(m > 50, 0.0, -jnp.inf))
    numpyro.sample("obs", dist.Normal(m, 1), obs=y)
""",
        MANY,
        "refused",
        ("init_failed",),
        "wall",
    ),
    Case(
        "data outside of the support, no start works",
        """def model(y):
    r = numpyro.sample("r", dist.HalfNormal(1))
    numpyro.sample("obs", dist.Exponential(r).mask(True).to_event(0), obs=y)
    numpyro.factor("check", jnp.where((y >= 0).all(), 0.0, -jnp.inf))
""",
        {"y": [1.0, 2.0, -3.0, 0.5]},
        "refused",
        ("obs_outside_support",),
        "[2]",
    ),
    Case(
        "exception in the model",
        LINE + '    numpyro.sample("obs", dist.Normal(a + b * x.nonsense, s), obs=y)\n',
        R,
        "refused",
        ("model_raised",),
        "line 9",
    ),
    Case(
        "a name used twice",
        LINE + '    numpyro.sample("a", dist.Normal(a + b * x, s), obs=y)\n',
        R,
        "refused",
        ("duplicate_site",),
        "line 9",
    ),
    Case(
        "shapes that cannot be broadcast",
        LINE + '    numpyro.sample("obs", dist.Normal(a + b * x[:7], s), obs=y)\n',
        R,
        "refused",
        ("broadcast_likelihood", "model_raised"),
        "obs",
    ),
    Case(
        "plate of another size than the data",
        LINE
        + '    with numpyro.plate("rows", 13):\n'
        + '        numpyro.sample("obs", dist.Normal(a + b * x, s), obs=y)\n',
        R,
        "refused",
        ("plate", "broadcast_likelihood"),
        "line 10",
    ),
)
