"""Peaks on a line. Runs in the worker."""

from jax_workbench.tools.fit_curve.library.entry import Entry

PEAKS = {
    "gaussian": Entry("amplitude*exp(-(x - centre)**2/(2*width**2))", "amplitude"),
    "lorentzian": Entry("amplitude/(1 + ((x - centre)/width)**2)", "amplitude"),
    "pseudo_voigt": Entry(
        "amplitude*(fraction/(1 + ((x - centre)/width)**2)"
        " + (1 - fraction)*exp(-0.6931471805599453*((x - centre)/width)**2))",
        "amplitude",
    ),
    "moffat": Entry("amplitude*(1 + ((x - centre)/width)**2)**(-exponent)", "amplitude"),
    "sech_squared": Entry("amplitude/cosh((x - centre)/width)**2", "amplitude"),
    "skewed_gaussian": Entry(
        "amplitude*exp(-(x - centre)**2/(2*width**2))"
        "*(1 + erf(skew*(x - centre)/(1.4142135623730951*width)))",
        "amplitude",
    ),
    "lognormal_peak": Entry("amplitude*exp(-log(x/centre)**2/(2*width**2))", "amplitude"),
    "fano": Entry("amplitude*(q*width + x - centre)**2/(width**2 + (x - centre)**2)", "amplitude"),
    "ricker": Entry(
        "amplitude*(1 - ((x - centre)/width)**2)*exp(-(x - centre)**2/(2*width**2))", "amplitude"
    ),
}
