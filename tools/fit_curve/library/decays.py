"""Exponentials, growth and relaxation in time. Runs in the worker."""

from jax_workbench.tools.fit_curve.library.entry import Entry

DECAYS = {
    "exponential_decay": Entry("amplitude*exp(-rate*x)", "amplitude"),
    "exponential_growth": Entry("amplitude*exp(rate*x)", "amplitude"),
    "exponential_rise": Entry("amplitude*(1 - exp(-rate*x))", "amplitude"),
    "biexponential": Entry("amplitude_1*exp(-rate_1*x) + amplitude_2*exp(-rate_2*x)"),
    "stretched_exponential": Entry("amplitude*exp(-(x/tau)**beta)", "amplitude"),
    "hyperbolic_decay": Entry("amplitude/(1 + rate*x)", "amplitude"),
    "bateman": Entry(
        "amplitude*rate_in/(rate_in - rate_out)*(exp(-rate_out*x) - exp(-rate_in*x))", "amplitude"
    ),
    "damped_sine": Entry("amplitude*exp(-rate*x)*sin(omega*x + phase)", "amplitude"),
    "sine": Entry("amplitude*sin(omega*x + phase)", "amplitude"),
    "square_root": Entry("amplitude*sqrt(x)", "amplitude"),
}
