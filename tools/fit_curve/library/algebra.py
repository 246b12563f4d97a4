"""Constants, lines, powers, logarithms, polynomials and rationals. Runs in the worker."""

import re

from jax_workbench.tools.fit_curve.library.entry import Entry

ALGEBRA = {
    "constant": Entry("offset + 0*x"),
    "linear": Entry("slope*x + intercept"),
    "proportional": Entry("slope*x", "slope"),
    "quadratic": Entry("c0 + c1*x + c2*x**2"),
    "cubic": Entry("c0 + c1*x + c2*x**2 + c3*x**3"),
    "power_law": Entry("amplitude*x**exponent", "amplitude"),
    "logarithm": Entry("slope*log(x) + intercept"),
    "reciprocal": Entry("amplitude/(x - centre)", "amplitude"),
    "broken_line": Entry("level + where(x < knee, slope_1, slope_2)*(x - knee)"),
}

POLYNOMIAL = re.compile(r"polynomial(\d)")
RATIONAL = re.compile(r"rational(\d)_?(\d)")


def numbered(name: str) -> Entry | None:
    """`polynomialN`, or `rationalNM` with N and M the degrees above and below; else None."""
    if found := POLYNOMIAL.fullmatch(name):
        degree = int(found[1])
        return Entry("0*x + " + powers("c", 0, degree))
    if found := RATIONAL.fullmatch(name):
        above, below = int(found[1]), int(found[2])
        if below < 1:
            return None
        return Entry(f"({powers('p', 0, above)} + 0*x)/(1 + {powers('q', 1, below)})")
    return None


def powers(letter: str, first: int, last: int) -> str:
    """Terms of a polynomial, lowest power first."""
    terms = [letter + "0", f"{letter}1*x", *(f"{letter}{k}*x**{k}" for k in range(2, last + 1))]
    return " + ".join(terms[first : last + 1])
