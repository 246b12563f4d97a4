"""Many sites with long names and everything wrong with them: the answer stays short."""

import json

import pytest

from tests.answer_size import MAX_TOKENS, n_tokens
from tests.tools.run_mcmc.in_process import Call

pytestmark = pytest.mark.slow

ENVELOPE_TOKENS = 1500
"""Room for what the server adds: the files and the facts of the run."""
HEAD = "import numpyro\nimport numpyro.distributions as dist\n\n"
FUNNELS = """def model(y):
    for i in range(30):
        s = numpyro.sample(("funnel %d " % i) * 40, dist.HalfCauchy(1.0))
        numpyro.sample(("x %d " % i) * 100, dist.Normal(0, s).expand([4]))
    numpyro.sample("obs", dist.Normal(s, 1), obs=y)
"""
FAMILIES = """def model(y):
    total = 0.0
    for i in range(40):
        name = ("a site of a long name, %d " % i) * 20
        s = numpyro.sample(name, dist.Normal(0, 1).expand([5]).to_event(1))
        numpyro.deterministic("twice " + name, s * 2)
        total = total + s.sum()
    numpyro.sample("obs " * 100, dist.Normal(total, 1), obs=y)
"""


@pytest.mark.parametrize("model", [FUNNELS, FAMILIES])
def test_hundreds_of_scalars_that_did_not_converge_fit(call: Call, model: str) -> None:
    few = {"num_warmup": 60, "num_samples": 40, "num_chains": 2}
    checks = ["posterior_predictive", "loo", "prior_sensitivity"]

    answer, job = call(model=HEAD + model, data={"y": [1.0, 2.0, 0.5]}, checks=checks, **few)

    assert n_tokens(json.dumps(answer)) < MAX_TOKENS - ENVELOPE_TOKENS
    assert answer["status"] == "warn"
    assert answer["result"]["n_scalars"] >= 150
    assert answer["result"]["unreliable_estimates"]
    assert job.saved
