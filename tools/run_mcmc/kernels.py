"""NumPyro's kernels as one: chains that start, step and show their state. Runs in the worker."""

import math
from typing import Any, Protocol, cast

import jax
import jax.numpy as jnp
from numpyro.infer import ESS, NUTS, DiscreteHMCGibbs

from jax_workbench.tools.run_mcmc.numpyro_functions import hmc
from jax_workbench.tools.run_mcmc.posterior import Arrays, Point, Posterior

type State = Any
"""A kernel's own state, a pytree with a leading axis of chains."""
type Seen = dict[str, Any]
"""What is kept of a transition: "z" by site, and the sampler's statistics, chains first."""

MAX_TREE_DEPTH = 10
QUARTER_TURN = math.pi / 2
"""Length of HMC's trajectories: what decorrelates a standard normal. NumPyro's own, four times as
long, brings one back to where it began."""
MIN_WALKERS, MAX_WALKERS = 8, 256
THINNING = 5
"""Transitions of an ensemble for one draw; its moves are short."""


class Chains(Protocol):
    """Several chains that move together; every method is traced."""

    @property
    def n_chains(self) -> int:
        """How many."""
        ...

    @property
    def posterior(self) -> Posterior:
        """What they draw from."""
        ...

    @property
    def identity(self) -> str:
        """What their program depends on besides the density; empty where that is not all."""
        ...

    @property
    def has_energy(self) -> bool:
        """Whether energies and divergences exist."""
        ...

    @property
    def are_independent(self) -> bool:
        """Whether a chain moves alike whatever the others do."""
        ...

    def start(self, keys: Any, z: Point, arrays: Arrays) -> State:
        """State before the first transition, from one key and one point a chain."""
        ...

    def step(self, state: State, arrays: Arrays) -> State:
        """One transition of every chain."""
        ...

    def seen(self, state: State) -> Seen:
        """What to keep."""
        ...


class HamiltonianChains:
    """NUTS, or HMC with trajectories of a fixed length."""

    has_energy = True
    are_independent = True

    def __init__(
        self, posterior: Posterior, n_chains: int, n_warmup: int, accept: float, *, algorithm: str
    ) -> None:
        """Adapt for `n_warmup` transitions to the acceptance `accept`; `algorithm` NUTS or HMC."""
        self.n_chains = n_chains
        self.posterior = posterior
        self.identity = f"{algorithm} {n_warmup} {accept!r} {MAX_TREE_DEPTH} {QUARTER_TURN}"
        self._n_warmup = n_warmup
        self._accept = accept
        self._init, self._sample = hmc(potential_fn_gen=posterior.potential, algo=algorithm)

    def start(self, keys: Any, z: Point, arrays: Arrays) -> State:
        """State before the first transition."""

        def one(key: Any, point: Point) -> State:
            return self._init(
                point,
                self._n_warmup,
                target_accept_prob=self._accept,
                trajectory_length=QUARTER_TURN,
                max_tree_depth=MAX_TREE_DEPTH,
                model_args=(arrays,),
                rng_key=key,
            )

        return jax.vmap(one)(keys, z)

    def step(self, state: State, arrays: Arrays) -> State:
        """One transition of every chain."""

        def one(chain: State) -> State:
            return self._sample(chain, (arrays,))

        return jax.vmap(one)(state)

    def seen(self, state: State) -> Seen:
        """What to keep."""
        return hamiltonian_statistics(state) | {"z": state.z}


class MixedChains:
    """NUTS for the continuous sites, Gibbs steps for the discrete ones."""

    has_energy = True
    are_independent = True
    identity = ""

    def __init__(self, posterior: Posterior, n_chains: int, n_warmup: int, accept: float) -> None:
        """Update every discrete site between two transitions of NUTS."""
        self.n_chains = n_chains
        self.posterior = posterior
        self._n_warmup = n_warmup
        inner = NUTS(posterior.model, target_accept_prob=accept, max_tree_depth=MAX_TREE_DEPTH)
        self._kernel = DiscreteHMCGibbs(inner, modified=True)

    def start(self, keys: Any, z: Point, arrays: Arrays) -> State:
        """State before the first transition; discrete sites start at draws of the prior."""

        def one(key: Any, point: Point) -> State:
            data = self.posterior.data(arrays)
            return self._kernel.init(key, self._n_warmup, point, (), data)

        return jax.vmap(one)(keys, z)

    def step(self, state: State, arrays: Arrays) -> State:
        """One transition of every chain."""
        data = self.posterior.data(arrays)

        def one(chain: State) -> State:
            return self._kernel.sample(chain, (), data)

        return jax.vmap(one)(state)

    def seen(self, state: State) -> Seen:
        """What to keep."""
        return hamiltonian_statistics(state.hmc_state) | {"z": state.z}


class EnsembleChains:
    """Ensemble slice sampling: gradient-free walkers that learn from each other's places."""

    has_energy = False
    are_independent = False
    identity = ""

    def __init__(self, posterior: Posterior, n_chains: int) -> None:
        """Take as many walkers as asked, but at least twice the dimensions; an even number."""
        wanted = max(n_chains, 2 * posterior.n_dimensions, MIN_WALKERS)
        self.n_chains = min(wanted + wanted % 2, MAX_WALKERS)
        self.posterior = posterior

    def _kernel(self, arrays: Arrays) -> ESS:
        # Not randomised: a walker must stay the same chain, or its autocorrelation is hidden.
        return ESS(potential_fn=self.posterior.potential(arrays), randomize_split=False)

    def start(self, keys: Any, z: Point, arrays: Arrays) -> State:
        """State before the first transition."""
        state: Any = self._kernel(arrays).init(keys, 0, z)
        inner: Any = jax.tree.map(as_array, state.inner_state)
        return state._replace(inner_state=inner)

    def step(self, state: State, arrays: Arrays) -> State:
        """Several moves of every walker."""
        kernel = self._kernel(arrays)
        # It builds its functions here; the state it makes on the way is not used.
        kernel.init(jax.random.split(state.rng_key, self.n_chains), 0, state.z)

        def move(_: Any, now: State) -> State:
            return kernel.sample(now, (), {})

        moved = cast("State", jax.lax.fori_loop(0, THINNING, move, state))
        return jax.tree.map(with_type_of, moved, state)

    def seen(self, state: State) -> Seen:
        """What to keep."""
        return {"z": state.z}


def as_array(leaf: Any) -> jax.Array:
    """A leaf that a loop may carry."""
    return jnp.asarray(leaf)


def with_type_of(new: Any, old: Any) -> Any:
    """`new` in the type of `old`, as a loop needs it."""
    return new.astype(old.dtype)


def hamiltonian_statistics(state: Any) -> Seen:
    """Statistics of a Hamiltonian transition."""
    return {
        "diverging": state.diverging,
        "num_steps": state.num_steps,
        "energy": state.energy,
        "potential": state.potential_energy,
        "accept_prob": state.accept_prob,
        "step_size": state.adapt_state.step_size,
    }
