"""Models that are wrong in one known way each, healthy ones beside them, and what is said of them.

    .venv/bin/python tests/records/run_mcmc_pathologies.py [NAME ...]

writes run_mcmc_pathologies.json and .md beside this file: status and reasons of each model, CPU
seconds, and whether the fault was named right (status, code, and the site, line or index).
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

HERE = Path(__file__).parent
HEAD = "import jax\nimport jax.numpy as jnp\nimport numpyro\nimport numpyro.distributions as dist\n"
"""Four lines: the model's own first line is line 5."""


@dataclass(frozen=True)
class Case:
    """One model, and what must be said of it."""

    name: str
    body: str
    data: Mapping[str, Any]
    status: str
    codes: tuple[str, ...] = ()
    """One of them must be among the reasons."""
    said: str = ""
    """Must stand in the site or evidence of that reason."""
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def model(self) -> str:
        """The text that is sent."""
        return HEAD + self.body


def regression() -> dict[str, Any]:
    """Ten rows of y = 1 + 2 x."""
    rng = np.random.default_rng(1)
    x = np.linspace(-1, 1, 40)
    return {"x": x.tolist(), "y": (1 + 2 * x + 0.3 * rng.normal(size=40)).tolist()}


def separated() -> dict[str, Any]:
    """Two modes 20 standard deviations apart."""
    rng = np.random.default_rng(2)
    return {"y": np.concatenate([rng.normal(-10, 1, 60), rng.normal(10, 1, 60)]).tolist()}


LINE = """def model(x, y):
    a = numpyro.sample("a", dist.Normal(0, 5))
    b = numpyro.sample("b", dist.Normal(0, 5))
    s = numpyro.sample("s", dist.HalfNormal(2))
"""
R = regression()
EIGHT = {"y": [28, 8, -3, 7, -1, 1, 18, 12], "sigma": [15, 10, 16, 11, 9, 11, 10, 18]}
MANY = {"y": np.random.default_rng(3).normal(3, 1, 50).tolist()}

REFUSED = (
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

STRUCTURAL_WARNINGS = (
    Case(
        "(n, 1) against (n,)",
        LINE + '    numpyro.sample("obs", dist.Normal(a + b * x[:, None], s), obs=y)\n',
        R,
        "warn",
        ("broadcast_likelihood",),
        "line 9",
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
    Case(
        "a hidden mode with most of the mass",
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
    ),
)

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
)

CASES = (*REFUSED, *STRUCTURAL_WARNINGS, *SAMPLED_WARNINGS, *HEALTHY)


def is_right(case: Case, status: str, reasons: list[dict[str, Any]]) -> bool:
    """Whether the fault was named: status, code, and what must stand with it."""
    if status != case.status:
        return False
    if not case.codes:
        return not reasons
    return any(
        reason["code"] in case.codes and case.said in f"{reason['site']} {reason['evidence']}"
        for reason in reasons
    )


def main(names: list[str]) -> None:
    """Run the cases and write the record."""
    from run_mcmc_in_process import answer_of, versions

    rows: list[dict[str, Any]] = []
    for case in CASES:
        if names and not any(name in case.name for name in names):
            continue
        answer, cpu_s, _ = answer_of(
            {"model": case.model, "data": dict(case.data), "timeout_s": 300, **case.options}
        )
        reasons = answer["result"]["reasons"]
        row = {
            "case": case.name,
            "expected": {"status": case.status, "one_of": case.codes, "said": case.said},
            "status": answer["status"],
            "reasons": [{k: r[k] for k in ("code", "site", "evidence")} for r in reasons],
            "is_right": is_right(case, answer["status"], reasons),
            "cpu_s": round(cpu_s, 2),
            "bytes": len(json.dumps(answer)),
        }
        rows.append(row)
        codes = ", ".join(dict.fromkeys(r["code"] for r in reasons))
        print(
            f"{'ok ' if row['is_right'] else 'BAD'} {case.name}: {row['status']} {codes} {cpu_s:.1f}"
        )
        if not row["is_right"]:
            print(json.dumps(reasons, indent=1))
    if names:
        return
    record = {"versions": versions(), "cases": rows}
    (HERE / "run_mcmc_pathologies.json").write_text(json.dumps(record, indent=1) + "\n")
    (HERE / "run_mcmc_pathologies.md").write_text(as_markdown(record))


def as_markdown(record: dict[str, Any]) -> str:
    """The record as a table."""
    rows = record["cases"]
    wrong = [row for row in rows if row["expected"]["one_of"]]
    healthy = [row for row in rows if not row["expected"]["one_of"]]
    refusals = [row["cpu_s"] for row in rows if row["status"] == "refused"]
    lines = [
        "# run_mcmc: pathological models and healthy ones",
        "",
        "Made by `python tests/records/run_mcmc_pathologies.py`; "
        + ", ".join(f"{k} {v}" for k, v in record["versions"].items())
        + ".",
        "",
        f"- {sum(r['is_right'] for r in wrong)} of {len(wrong)} pathological models named right "
        "(status, code, and site, line or index).",
        f"- {sum(r['is_right'] for r in healthy)} of {len(healthy)} healthy models without a reason.",
        f"- Refusals: at most {max(refusals):.1f} CPU seconds.",
        f"- Largest answer: {max(r['bytes'] for r in rows)} bytes.",
        "",
        "| model | status | reasons | right | CPU s |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        codes = ", ".join(dict.fromkeys(r["code"] for r in row["reasons"]))
        lines.append(
            f"| {row['case']} | {row['status']} | {codes} | {'yes' if row['is_right'] else '**no**'}"
            f" | {row['cpu_s']:.1f} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
