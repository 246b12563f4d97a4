"""Which arguments of NumPyro's distributions must be positive."""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.canonical import last
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.values import Value

POSITIVE = {
    "Normal": ((1, "scale"),),
    "Cauchy": ((1, "scale"),),
    "Laplace": ((1, "scale"),),
    "Logistic": ((1, "scale"),),
    "Gumbel": ((1, "scale"),),
    "LogNormal": ((1, "scale"),),
    "StudentT": ((2, "scale"),),
    "HalfNormal": ((0, "scale"),),
    "HalfCauchy": ((0, "scale"),),
    "Exponential": ((0, "rate"),),
    "Poisson": ((0, "rate"),),
    "Gamma": ((0, "concentration"), (1, "rate")),
    "InverseGamma": ((0, "concentration"), (1, "rate")),
    "Beta": ((0, "concentration1"), (1, "concentration0")),
}
REAL = frozenset(("Normal", "Cauchy", "Laplace", "Logistic", "Gumbel", "StudentT"))
PACKAGE = "numpyro.distributions."


def positive_arguments(event: Call) -> Iterator[tuple[Value, ast.expr, str]]:
    """Arguments that must be positive: value, place and name."""
    if not event.name.startswith(PACKAGE):
        return
    for position, name in POSITIVE.get(last(event.name), ()):
        value, node = event.argument(position, name), event.argument_node(position, name)
        if value is not None and node is not None:
            yield value, node, name
