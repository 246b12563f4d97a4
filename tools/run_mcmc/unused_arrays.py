"""Data that the log density does not depend on. Runs in the worker."""

import jax

from jax_workbench.tools.run_mcmc.posterior import Posterior


def unused_arrays(posterior: Posterior) -> list[str]:
    """Names of array arguments from which no path leads to the density.

    Seen in the traced program, from its result backwards; a call inside it counts as a use of all
    it is given.
    """
    closed = jax.make_jaxpr(lambda arrays: posterior.potential(arrays)(posterior.example))(
        posterior.arrays
    )
    live = {id(variable) for variable in closed.jaxpr.outvars}
    for equation in reversed(closed.jaxpr.eqns):
        if any(id(variable) in live for variable in equation.outvars):
            live.update(id(variable) for variable in equation.invars)
    names = sorted(posterior.arrays)
    return [n for n, v in zip(names, closed.jaxpr.invars, strict=True) if id(v) not in live]
