"""Sampling and its judgement in one: what a call does, and what a record repeats per seed.

Runs in the worker.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax

from jax_workbench.tools.run_mcmc import RunMcmcAsk
from jax_workbench.tools.run_mcmc.constrained import Constrainer
from jax_workbench.tools.run_mcmc.far_starts import FarEnds, FarLook
from jax_workbench.tools.run_mcmc.findings import Finding
from jax_workbench.tools.run_mcmc.kernels import (
    Chains,
    EnsembleChains,
    HamiltonianChains,
    MixedChains,
)
from jax_workbench.tools.run_mcmc.posterior import Posterior
from jax_workbench.tools.run_mcmc.preparation import Ready
from jax_workbench.tools.run_mcmc.prior_spread import PriorSpread
from jax_workbench.tools.run_mcmc.sampler import Sampler, Watch
from jax_workbench.tools.run_mcmc.sampling import Lengths, Phases, Sampled, Sampling
from jax_workbench.tools.run_mcmc.verdict import findings_after

LEAST_LOOK_S = 5.0
"""For far starts, which may else take as long as the draws did."""


@dataclass(frozen=True)
class Programs:
    """What is compiled once for a posterior, and serves any seed."""

    ready: Ready
    sampler: Sampler
    constrainer: Constrainer


@dataclass(frozen=True)
class Judged:
    """Draws and what they show."""

    sampled: Sampled | None
    """None where time ran out before there were any."""
    phases: Phases
    findings: list[Finding]
    without_mean: frozenset[int]
    far: FarEnds


def programs_for(ask: RunMcmcAsk, ready: Ready) -> Programs:
    """Nothing is compiled until it is first used."""
    chains = chains_for(ask, ready.posterior)
    return Programs(
        ready,
        Sampler(chains, ready.posterior.arrays),
        Constrainer(ready.posterior, chains.n_chains),
    )


def chains_for(ask: RunMcmcAsk, posterior: Posterior) -> Chains:
    """The kernel that `method` names."""
    n, warmup, accept = ask.num_chains, ask.num_warmup, ask.target_accept
    if ask.method == "mixed":
        return MixedChains(posterior, n, warmup, accept)
    if ask.method == "ensemble":
        return EnsembleChains(posterior, n)
    algorithm = "NUTS" if ask.method == "nuts" else "HMC"
    return HamiltonianChains(posterior, n, warmup, accept, algorithm=algorithm)


def sample_and_judge(
    ask: RunMcmcAsk,
    programs: Programs,
    before: list[Finding],
    prior: Callable[[], PriorSpread | None],
    watch: Watch,
) -> Judged:
    """Sample, repair, judge; look for far modes where all else is well."""
    ready, sampler = programs.ready, programs.sampler
    lengths = Lengths(ask.num_warmup, ask.num_samples, ask.num_chains)
    sampling = Sampling(sampler, programs.constrainer, lengths, watch)
    points = ready.candidates.chosen(sampler.chains.n_chains)
    if points is None:
        raise RuntimeError("no start, though the candidates were judged")
    sampled = sampling.run(key_of(ask, 2), points)
    if sampled is None:
        return Judged(None, sampling.phases, before, frozenset(), FarEnds())
    after, heavy = findings_after(
        sampled,
        ready.sites,
        prior(),
        min_ess=lengths.min_ess,
        n_asked=ask.num_chains,
    )
    findings = [*before, *after]
    far = FarEnds()
    is_well = not any(finding.severity == "warn" for finding in findings)
    if is_well and ask.method in {"nuts", "hmc"}:
        watch.job.progress("looking for other modes from far starts")
        spent_s = sampling.phases.warmup_s + sampling.phases.sample_s
        budget = watch.budget.narrowed(max(LEAST_LOOK_S, spent_s))
        far = FarLook(ready, sampler, budget).look(key_of(ask, 5), sampled)
        findings.extend([far.mode] if far.mode else [])
    return Judged(sampled, sampling.phases, findings, heavy, far)


def key_of(ask: RunMcmcAsk, purpose: int) -> Any:
    """A key of the call's seed for one purpose."""
    return jax.random.fold_in(jax.random.key(ask.seed), purpose)
