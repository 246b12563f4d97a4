"""Models whose fault the draws show."""

import numpy as np

from tests.records.run_mcmc_case import EIGHT, LINE, MANY, Case, R, separated


def hidden_mode(seed: int) -> Case:
    """80 % of the mass where no chain starts; whether a chain strays there depends on the seed."""
    return Case(
        f"a hidden mode with most of the mass, seed {seed}",
        """def model():
    x = numpyro.sample("x", dist.Normal(0, 30))
    near = jnp.log(0.2) + dist.Normal(0, 1).log_prob(x)
    far = jnp.log(0.8) + dist.Normal(40, 1).log_prob(x)
    numpyro.factor("modes", jnp.logaddexp(near, far))
""",
        {},
        "warn",
        ("multimodal",),
        "x",
        {"seed": seed},
    )


SAMPLED_WARNINGS = (
    Case(
        "centred eight schools",
        """def model(y, sigma):
    mu = numpyro.sample("mu", dist.Normal(0, 5))
    tau = numpyro.sample("tau", dist.HalfCauchy(5))
    with numpyro.plate("schools", len(y)):
        theta = numpyro.sample("theta", dist.Normal(mu, tau))
        numpyro.sample("obs", dist.Normal(theta, sigma), obs=y)
""",
        EIGHT,
        "warn",
        ("reparameterise",),
        "theta",
    ),
    Case(
        "funnel",
        """def model():
    v = numpyro.sample("v", dist.Normal(0, 3))
    numpyro.sample("x", dist.Normal(0, jnp.exp(v / 2)).expand([9]))
""",
        {},
        "warn",
        ("low_ebfmi", "divergences", "reparameterise"),
    ),
    Case(
        "two separated modes",
        """def model():
    x = numpyro.sample("x", dist.Uniform(-20, 20))
    parts = jnp.stack([dist.Normal(-4, 0.3).log_prob(x), dist.Normal(4, 0.3).log_prob(x)])
    numpyro.factor("modes", jax.scipy.special.logsumexp(parts))
""",
        {},
        "warn",
        ("multimodal",),
        "x",
    ),
    Case(
        "exchangeable components",
        """def model(y):
    mu = numpyro.sample("mu", dist.Normal(0, 10).expand([2]))
    s = numpyro.sample("s", dist.HalfNormal(2))
    mix = dist.MixtureSameFamily(dist.Categorical(jnp.ones(2) / 2), dist.Normal(mu, s))
    numpyro.sample("obs", mix, obs=y)
""",
        separated(),
        "warn",
        ("label_switching",),
        "mu",
    ),
    Case(
        "only a sum is identified",
        """def model(y):
    a = numpyro.sample("a", dist.Normal(0, 100))
    b = numpyro.sample("b", dist.Normal(0, 100))
    numpyro.sample("obs", dist.Normal(a + b, 1), obs=y)
""",
        MANY,
        "warn",
        ("unidentified",),
        "a",
    ),
    Case(
        "only a product is identified",
        """def model(y):
    a = numpyro.sample("a", dist.LogNormal(0, 3))
    b = numpyro.sample("b", dist.LogNormal(0, 3))
    numpyro.sample("obs", dist.Normal(a * b, 0.1), obs=y)
""",
        MANY,
        "warn",
        ("unidentified",),
        "a",
    ),
    Case(
        "a dummy column for every level and an intercept",
        """def model(g, y):
    a = numpyro.sample("a", dist.Normal(0, 50))
    b = numpyro.sample("b", dist.Normal(0, 50).expand([3]))
    numpyro.sample("obs", dist.Normal(a + b[g], 1), obs=y)
""",
        {"g": [0, 1, 2] * 10, "y": np.random.default_rng(4).normal(0, 1, 30).tolist()},
        "warn",
        ("unidentified",),
        "a",
    ),
    Case(
        "flat prior without data",
        """def model():
    numpyro.sample("x", dist.ImproperUniform(dist.constraints.real, (), ()))
""",
        {},
        "warn",
        ("improper",),
        "x",
    ),
    Case(
        "separation in a logistic regression",
        """def model(x, y):
    b = numpyro.sample("b", dist.ImproperUniform(dist.constraints.real, (), ()))
    numpyro.sample("obs", dist.Bernoulli(logits=b * x), obs=y)
""",
        {"x": [-3.0, -2.0, -1.0, 1.0, 2.0, 3.0], "y": [0, 0, 0, 1, 1, 1]},
        "warn",
        ("improper",),
        "b",
    ),
    Case(
        "piled on a bound",
        """def model(y):
    m = numpyro.sample("m", dist.Uniform(0, 1))
    numpyro.sample("obs", dist.Normal(m, 0.1), obs=y)
""",
        MANY,
        "warn",
        ("support_boundary",),
        "m",
    ),
    Case(
        "no mean",
        """def model():
    numpyro.sample("x", dist.Cauchy(0, 1))
""",
        {},
        "warn",
        ("heavy_tail",),
        "x",
    ),
    Case(
        "too few draws",
        LINE + '    numpyro.sample("obs", dist.Normal(a + b * x, s), obs=y)\n',
        R,
        "warn",
        ("low_ess",),
        "",
        {"num_warmup": 20, "num_samples": 4},
    ),
    Case(
        "one chain",
        LINE + '    numpyro.sample("obs", dist.Normal(a + b * x, s), obs=y)\n',
        R,
        "warn",
        ("single_chain",),
        "",
        {"num_chains": 1},
    ),
    Case(
        "prior far from the data",
        """def model(y):
    m = numpyro.sample("m", dist.Normal(-40, 1))
    numpyro.sample("obs", dist.Normal(m, 1), obs=y)
""",
        MANY,
        "warn",
        ("prior_data_conflict",),
        "m",
    ),
    *(hidden_mode(seed) for seed in range(3)),
)
