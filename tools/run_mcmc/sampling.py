"""Warm up, sample, diagnose, repair what is cheap to repair. Runs in the worker."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from jax_workbench.tools.contract import Note
from jax_workbench.tools.run_mcmc.constrained import Constrainer
from jax_workbench.tools.run_mcmc.diagnostics import (
    MIN_DRAWS,
    Diagnosis,
    diagnose,
    least_ess_so_far,
)
from jax_workbench.tools.run_mcmc.geometry import Geometry, geometry_of
from jax_workbench.tools.run_mcmc.kernels import Seen, State
from jax_workbench.tools.run_mcmc.posterior import Point
from jax_workbench.tools.run_mcmc.sampler import Draws, Sampler, Watch
from jax_workbench.tools.run_mcmc.scalars import flatten

MAX_RHAT = 1.01
MENDABLE_RHAT = 1.05
"""Below it, more draws may do."""
ESS_PER_CHAIN = 100
MAX_EXTENSION = 4
"""Times the draws that were asked for."""
WARMUP_SHARE = 0.7
"""Of the time that is left: what comes after it shows at least where the chains are."""
LEAST_WARMUP = 50
"""Transitions of adaptation below which draws show nothing."""
N_WATCHED = 5
"""Scalars whose effective sample size is told while sampling."""
ESS_EVERY_S = 2.0


@dataclass(frozen=True)
class Sampled:
    """What sampling left; arrays are (chains, draws, ...)."""

    draws: Mapping[str, NDArray[Any]]
    seen: Seen
    diagnosis: Diagnosis
    geometry: Geometry | None

    @property
    def n_draws(self) -> int:
        """A chain."""
        return next(iter(self.draws.values())).shape[1]


@dataclass(frozen=True)
class Lengths:
    """Transitions a chain; effective draws are judged for the chains that were asked for.

    An ensemble has more walkers than that.
    """

    n_warmup: int
    n_samples: int
    n_asked: int

    @property
    def min_ess(self) -> int:
        """Effective draws that are enough."""
        return ESS_PER_CHAIN * self.n_asked


@dataclass
class Phases:
    """What happened, and how long it took."""

    warmup_s: float = 0.0
    sample_s: float = 0.0
    n_warmup: int = 0
    is_partial: bool = False
    notes: list[Note] = field(default_factory=list[Note])


class Sampling:
    """One posterior's chains, from start to repaired draws."""

    def __init__(
        self, sampler: Sampler, constrainer: Constrainer, lengths: Lengths, watch: Watch
    ) -> None:
        """Nothing runs yet."""
        self.sampler = sampler
        self.constrainer = constrainer
        self.n_warmup = lengths.n_warmup
        self.n_samples = lengths.n_samples
        self.min_ess = lengths.min_ess
        self.budget = watch.budget
        self.job = watch.job
        self.phases = Phases()
        self.warmed: State = None
        """The chains at the end of their adaptation."""
        self._state: State = None
        self._told_at = 0.0

    def run(self, key: Any, starts: Point) -> Sampled | None:
        """Sample; None where time ran out before there were draws to judge."""
        self.job.progress("compiling the sampler")
        state = self.sampler.start(key, starts)
        self.job.progress(f"warming up: 0 of {self.n_warmup}")
        state = self._warmed_up(state)
        if state is None:
            return None
        self.warmed = self._state = state
        draws = self._sample(Draws(), self.n_samples)
        if draws.n < MIN_DRAWS:
            return None
        return self._more_draws(self._smaller_steps(self._judged(draws), draws))

    def _warmed_up(self, state: State) -> State:
        """The chains at the end of their adaptation, which time may cut short; None without any."""
        began = time.monotonic()
        state, warmup = self.sampler.advance(
            state,
            self.n_warmup,
            self.budget.narrowed(WARMUP_SHARE * self.budget.left_s()),
            lambda n, _: self.job.progress(f"warming up: {n} of {self.n_warmup}"),
            keep=False,
        )
        self.phases.warmup_s, self.phases.n_warmup = time.monotonic() - began, warmup.n
        if warmup.n == self.n_warmup:
            return state
        self.phases.is_partial = True
        return adapted_so_far(state, self.n_warmup) if warmup.n >= LEAST_WARMUP else None

    def _sample(self, draws: Draws, n: int) -> Draws:
        """Append up to `n` transitions to `draws`."""
        began, before = time.monotonic(), draws.n

        def told(now: int, _: Draws) -> None:
            self.job.progress(f"sampling: {before + now} of {before + n}" + self._ess(draws, now))

        self._state, new = self.sampler.advance(self._state, n, self.budget, told)
        draws.blocks.extend(new.blocks)
        draws.n += new.n
        self.phases.sample_s += time.monotonic() - began
        self.phases.is_partial = self.phases.is_partial or new.n < n
        return draws

    def _ess(self, draws: Draws, now: int) -> str:
        if not draws.blocks or time.monotonic() - self._told_at < ESS_EVERY_S or now == 0:
            return ""
        self._told_at = time.monotonic()
        z = {k: v for k, v in draws.stacked()["z"].items() if v.dtype.kind == "f"}
        return f", effective draws {least_ess_so_far(flatten(z).columns[:, :, :N_WATCHED]):.0f}"

    def _judged(self, draws: Draws) -> Sampled:
        self.job.progress("diagnosing")
        seen = draws.stacked()
        own = self.constrainer(seen["z"])
        return Sampled(own, seen, diagnose(flatten(own)), geometry_of(seen))

    def _smaller_steps(self, first: Sampled, draws: Draws) -> tuple[Sampled, Draws]:
        """Sample once more from the end of warm-up with half the step, where some diverged."""
        geometry = first.geometry
        if geometry is None or not geometry.n_divergences or self.budget.left_s() <= 0:
            return first, draws
        n = geometry.n_divergences
        self.job.progress(f"{n} divergences: sampling again with half the step")
        self._state = halved(self.warmed)
        was_partial = self.phases.is_partial
        again = self._sample(Draws(), self.n_samples)
        if again.n < draws.n:
            self.phases.is_partial = was_partial
            return first, draws
        second = self._judged(again)
        left = second.geometry.n_divergences if second.geometry else 0
        self.phases.notes.append(
            Note(
                code="step_halved",
                severity="info",
                text=f"{n} of {geometry.diverging.size} transitions diverged; sampled once more "
                f"with half the step size, where {left} did. These are the second draws.",
            )
        )
        return second, again

    def _more_draws(self, state: tuple[Sampled, Draws]) -> Sampled:
        """Extend chains that nearly agree, up to four times what was asked."""
        sampled, draws = state
        asked = draws.n
        while self._may_mend(sampled) and draws.n < MAX_EXTENSION * self.n_samples:
            if self.budget.left_s() <= 0 or self.phases.is_partial:
                break
            before = draws.n
            was_partial = self.phases.is_partial
            draws = self._sample(draws, draws.n)
            self.phases.is_partial = was_partial
            if draws.n == before:
                break
            sampled = self._judged(draws)
        if draws.n > asked:
            self.phases.notes.append(
                Note(
                    code="draws_extended",
                    severity="info",
                    text=f"{asked} draws a chain were not enough (R-hat or effective sample "
                    f"size); sampled on to {draws.n}.",
                )
            )
        return sampled

    def _may_mend(self, sampled: Sampled) -> bool:
        """Whether R-hat is nearly right or the effective sample size too small, nothing else."""
        diagnosis = sampled.diagnosis
        if not diagnosis.is_finite.all() or sampled.n_draws < self.n_samples:
            return False
        if sampled.geometry is not None and sampled.geometry.is_bad:
            return False
        rhat, ess = diagnosis.worst_rhat, diagnosis.least_ess
        is_close = np.isnan(rhat) or rhat < MENDABLE_RHAT
        return bool(is_close and (rhat >= MAX_RHAT or not ess >= self.min_ess))


def halved(state: State) -> State:
    """The same chains with half the step size."""
    inner = hamiltonian(state)
    adapted = inner.adapt_state
    return with_hamiltonian(
        state, inner._replace(adapt_state=adapted._replace(step_size=adapted.step_size / 2))
    )


def adapted_so_far(state: State, n_warmup: int) -> State:
    """The chains as at the end of an adaptation of `n_warmup` transitions, with what they learnt.

    The step size becomes the averaged one, as it does at the end; an ensemble learns nothing.
    """
    inner = hamiltonian(state)
    if not hasattr(inner, "adapt_state") or not hasattr(inner.adapt_state, "ss_state"):
        return state
    adapted = inner.adapt_state
    _, log_average, _, n_averaged, _ = adapted.ss_state
    step_size = jnp.where(n_averaged > 0, jnp.exp(log_average), adapted.step_size)
    return with_hamiltonian(
        state,
        inner._replace(
            i=jnp.full_like(inner.i, n_warmup), adapt_state=adapted._replace(step_size=step_size)
        ),
    )


def hamiltonian(state: State) -> State:
    """The part of a state that moves the continuous sites."""
    return state.hmc_state if hasattr(state, "hmc_state") else state


def with_hamiltonian(state: State, inner: State) -> State:
    """`state` with that part replaced."""
    return state._replace(hmc_state=inner) if hasattr(state, "hmc_state") else inner
