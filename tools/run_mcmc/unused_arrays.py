"""Data that the log density does not depend on. Runs in the worker."""

from typing import Any

import jax

from jax_workbench.tools.run_mcmc.posterior import Arrays, Posterior


def unused_arrays(posterior: Posterior) -> list[str]:
    """Names of array arguments from which no path leads to the density.

    Seen in the traced program, from its result backwards; a call inside it counts as a use of all
    it is given.
    """

    def density(arrays: Arrays) -> Any:
        return posterior.potential(arrays)(posterior.example)

    closed = jax.make_jaxpr(density)(posterior.arrays)
    live = {id(variable) for variable in closed.jaxpr.outvars}
    for equation in reversed(closed.jaxpr.eqns):
        if any(id(variable) in live for variable in equation.outvars):
            live.update(id(variable) for variable in equation.invars)
    names = sorted(posterior.arrays)
    return [n for n, v in zip(names, closed.jaxpr.invars, strict=True) if id(v) not in live]
