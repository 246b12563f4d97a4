"""A script that repeats the run with NumPyro alone. Runs in the worker."""

from jax_workbench.tools.run_mcmc import RunMcmcAsk

KERNELS = {
    "nuts": "NUTS(model, target_accept_prob={accept})",
    "hmc": "HMC(model, target_accept_prob={accept}, trajectory_length=np.pi / 2)",
    "mixed": "DiscreteHMCGibbs(NUTS(model, target_accept_prob={accept}), modified=True)",
    "ensemble": "ESS(model, randomize_split=False)",
}
INITS = {
    "uniform": "",
    "prior": ", init_strategy=init_to_sample",
    "median": ", init_strategy=init_to_median",
}


def reproduce(ask: RunMcmcAsk, source: str) -> str:
    """Text of the script: the same model, method and lengths; data from data.npz."""
    return f'''"""Repeats a run of run_mcmc with NumPyro alone.

The same model, data, method and seed; not the same random numbers, and without the repairs
(halved step size, more draws) that the answer's notes name.
"""

import jax
import numpy as np
import numpyro
from numpyro.infer import ESS, HMC, MCMC, NUTS, DiscreteHMCGibbs, init_to_median, init_to_sample

jax.config.update("jax_enable_x64", {ask.x64}){host_devices(ask)}

{source.rstrip()}


with np.load("data.npz") as archive:
    data = {{k: v.item() if v.ndim == 0 else v for k, v in archive.items()}}
{body(ask)}'''


def host_devices(ask: RunMcmcAsk) -> str:
    """The line that makes a device for each chain, where they are to run in parallel."""
    n = ask.num_chains
    return f"\nnumpyro.set_host_device_count({n})" if is_parallel(ask) else ""


def is_parallel(ask: RunMcmcAsk) -> bool:
    """Whether the call asked for several devices; NumPyro then wants one for each chain."""
    return ask.devices > 1


def body(ask: RunMcmcAsk) -> str:
    """The lines that sample."""
    if ask.method == "svi":
        return f"""
import optax
from numpyro.infer import SVI, Trace_ELBO
from numpyro.infer.autoguide import AutoMultivariateNormal

guide = AutoMultivariateNormal(model)
svi = SVI(model, guide, optax.adam(0.01), Trace_ELBO())
fit = svi.run(jax.random.key({ask.seed}), 10_000, **data)
draws = guide.sample_posterior(jax.random.key(1), fit.params, sample_shape=({ask.num_samples},))
print({{name: (value.mean(0), value.std(0)) for name, value in draws.items()}})
"""
    kernel = KERNELS[ask.method].format(accept=ask.target_accept)
    if ask.method in {"nuts", "hmc"}:
        kernel = kernel.replace("(model,", f"(model{INITS[ask.init]},")
    return f"""
mcmc = MCMC(
    {kernel},
    num_warmup={ask.num_warmup},
    num_samples={ask.num_samples},
    num_chains={ask.num_chains},
    chain_method="{"parallel" if is_parallel(ask) else "vectorized"}",
    progress_bar=False,
)
mcmc.run(jax.random.key({ask.seed}), **data)
mcmc.print_summary()
"""
