"""The six jobs of `beside_a_shell_script.py`: a call, the script in its place, and what to decide.

A script is what a careful author writes with the same libraries: warmed up, synchronised, in
float64 where that counts, with intervals where the library has them. Each fact has the path to it
in our answer, and the pattern by which it shows in what the script prints.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jax_workbench.server.demo_calls import (
    EIGHT_SCHOOLS,
    LIBRARY_ATTENTION,
    NAIVE_ATTENTION,
    REUSED_KEY,
    WRONG_SIGN,
)


@dataclass(frozen=True)
class Fact:
    """Something that one can decide on."""

    name: str
    path: str
    """In the answer, with dots; it counts where it leads to a value that is not null or empty."""
    pattern: str
    """In the script's output; empty where the script has no way to it."""


@dataclass(frozen=True)
class Job:
    """One question, asked in both ways."""

    tool: str
    arguments: Mapping[str, Any]
    script: str
    facts: tuple[Fact, ...]


SCHOOLS = {"effect": [28, 8, -3, 7, -1, 1, 18, 12], "error": [15, 10, 16, 11, 9, 11, 10, 18]}
CONCENTRATION = [0.02, 0.02, 0.06, 0.06, 0.11, 0.11, 0.22, 0.22, 0.56, 0.56, 1.10, 1.10]
RATE = [76, 47, 97, 107, 123, 139, 159, 152, 191, 201, 207, 200]
SHAPE = [1, 256, 4, 32]

LINT = Job(
    "lint_jax_code",
    {"code": REUSED_KEY},
    REUSED_KEY
    + """
import traceback
import jax.numpy as jnp
jax.config.update("jax_debug_key_reuse", True)
for call in (lambda: noisy(jnp.ones(3), 0), lambda: clip(jnp.ones(3))):
    try:
        call()
    except Exception:
        traceback.print_exc(limit=-3)
""",
    (
        Fact("the key that is used twice", "result.findings.0.line", r"KeyReuse"),
        Fact("the branch on a traced value", "result.findings.1.line", r"TracerBool"),
        Fact("an edit that mends it", "result.findings.0.fix", ""),
    ),
)
BENCHMARK = Job(
    "benchmark_fn",
    {
        "variants": [
            {"name": "by hand", "code": NAIVE_ATTENTION},
            {"name": "library", "code": LIBRARY_ATTENTION},
        ],
        "inputs": [{"shape": SHAPE}] * 3,
        "time_budget_s": 5,
        "timeout_s": 300,
    },
    NAIVE_ATTENTION.replace("def fn", "def by_hand")
    + LIBRARY_ATTENTION.replace("def fn", "def library")
    + f"""
import statistics, timeit
args = [jax.random.normal(key, {SHAPE}) for key in jax.random.split(jax.random.key(0), 3)]
medians, results = [], []
for fn in (by_hand, library):
    call = jax.jit(fn)
    results.append(call(*args).block_until_ready())
    timer = timeit.Timer(lambda: call(*args).block_until_ready())
    n, _ = timer.autorange()
    runs = [took / n for took in timer.repeat(7, n)]
    medians.append(statistics.median(runs))
    print(fn.__name__, f"median {{medians[-1] * 1e6:.1f}} us, min {{min(runs) * 1e6:.1f}}")
print("time ratio", medians[1] / medians[0])
print("outputs close", bool(jnp.allclose(*results, rtol=1e-4, atol=1e-5)))
""",
    (
        Fact("the ratio of times", "result.comparisons.0.time_ratio", r"time ratio \d"),
        Fact("its interval", "result.comparisons.0.ci_low", ""),
        Fact("whether the outputs agree", "result.checks.0.text", r"outputs close"),
        Fact("whether that is decided", "result.comparisons.0.verdict", ""),
        Fact("whether the host disturbed", "result.environment.stalled_share", ""),
    ),
)
GRADIENTS = Job(
    "check_gradients",
    {"code": WRONG_SIGN, "timeout_s": 300},
    WRONG_SIGN
    + """
from jax.test_util import check_grads
jax.config.update("jax_enable_x64", True)
args = [a.astype("float64") for a in make_args()]
try:
    check_grads(fn, args, order=1, modes=["rev"])
    print("gradients agree")
except AssertionError as error:
    print("gradients differ", error)
""",
    (
        Fact("whether they are right", "status", r"gradients (agree|differ)"),
        Fact("the element that is wrong", "result.findings.0.index", ""),
        Fact("the rule that is wrong", "result.findings.0.rule", ""),
        Fact("how far it is off", "result.findings.0.ratio", r"ACTUAL|Max relative"),
    ),
)
FIT = Job(
    "fit_curve",
    {"model": "michaelis_menten", "x": CONCENTRATION, "y": RATE, "timeout_s": 300},
    f"""
import numpy as np
from scipy import optimize, stats
x, y = np.array({CONCENTRATION}), np.array({RATE}, float)
fn = lambda x, v, k: v * x / (k + x)
best, covariance = optimize.curve_fit(fn, x, y, p0=[y.max(), np.median(x)])
dof = len(x) - 2
t = stats.t.ppf(0.975, dof)
for name, value, se in zip(("v", "k"), best, np.sqrt(np.diag(covariance))):
    low, high = value - t * se, value + t * se
    print(f"{{name}} = {{value:.6g}} se {{se:.3g}} ci {{low:.6g}} {{high:.6g}}")
rest = y - fn(x, *best)
print("rss", rest @ rest, "r2", 1 - rest @ rest / ((y - y.mean()) ** 2).sum())
""",
    (
        Fact("the parameters", "result.parameters.1.value", r"k = \d"),
        Fact("their standard errors", "result.parameters.1.se", r"se \d"),
        Fact("intervals by t", "result.parameters.0.ci_low", r"ci \d"),
        Fact("an interval that need not be symmetric", "result.parameters.1.ci_high", ""),
        Fact("the residuals' own tests", "result.residuals.runs_p", ""),
        Fact("whether another optimum was met", "result.search.starts", ""),
    ),
)
POSTERIOR = Job(
    "run_mcmc",
    {"model": EIGHT_SCHOOLS, "data": SCHOOLS, "timeout_s": 300},
    EIGHT_SCHOOLS
    + f"""
import jax, jax.numpy as jnp
from numpyro.infer import MCMC, NUTS
jax.config.update("jax_enable_x64", True)
mcmc = MCMC(NUTS(model), num_warmup=1000, num_samples=1000, num_chains=4,
            chain_method="vectorized", progress_bar=False)
data = {{name: jnp.array(values, float) for name, values in {SCHOOLS}.items()}}
mcmc.run(jax.random.key(0), **data)
mcmc.print_summary()
""",
    (
        Fact("R-hat and sample sizes", "result.unreliable_estimates.0.rhat", r"r_hat"),
        Fact("how many transitions diverged", "result.sampler.divergences", r"divergences: \d"),
        Fact("whether to trust the draws", "status", ""),
        Fact("why not", "result.reasons.0.evidence", ""),
        Fact("what to change", "result.reasons.0.fix", ""),
    ),
)
TRAINING = Job(
    "train_tiny_model",
    {"model": "mlp", "dataset": "wine", "steps": 200, "timeout_s": 300},
    """
import jax, jax.numpy as jnp, numpy as np, optax
from flax import nnx
with np.load("tools/train_tiny_model/datasets/wine.npz") as rows:
    x, y = rows["x"].astype("float32"), rows["y"].astype(int)
order = np.random.default_rng(0).permutation(len(x))
cut = len(x) * 4 // 5
train, test = order[:cut], order[cut:]
x = (x - x[train].mean(0)) / x[train].std(0)

class Model(nnx.Module):
    def __init__(self, rngs):
        self.hidden = nnx.Linear(x.shape[1], 64, rngs=rngs)
        self.head = nnx.Linear(64, int(y.max()) + 1, rngs=rngs)

    def __call__(self, x):
        return self.head(nnx.relu(self.hidden(x)))

model = Model(nnx.Rngs(0))
optimizer = nnx.Optimizer(model, optax.adam(2e-3), wrt=nnx.Param)

@nnx.jit
def step(model, optimizer, x, y):
    def loss(model):
        return optax.softmax_cross_entropy_with_integer_labels(model(x), y).mean()
    value, grads = nnx.value_and_grad(loss)(model)
    optimizer.update(model, grads)
    return value

rng = np.random.default_rng(1)
for i in range(200):
    rows = rng.choice(train, 32)
    value = step(model, optimizer, x[rows], y[rows])
    if i % 40 == 39:
        print("step", i + 1, "loss", float(value))
for name, rows in (("train", train), ("test", test)):
    print(name, "accuracy", float((model(x[rows]).argmax(-1) == y[rows]).mean()))
""",
    (
        Fact("the score on rows not trained on", "result.metric.test", r"test accuracy \d"),
        Fact("its interval", "result.metric.ci_low", ""),
        Fact("the score of a guess", "result.metric.baseline", ""),
        Fact("whether it learnt", "status", ""),
        Fact("whether it would go on", "result.best_step", r"step 200 loss"),
        Fact("checks of loss, labels, gradients", "result.checks.0.text", ""),
    ),
)
JOBS = (LINT, BENCHMARK, GRADIENTS, FIT, POSTERIOR, TRAINING)
