"""Sigmoids: growth curves, dose-response and steps. Runs in the worker."""

from jax_workbench.tools.fit_curve.library.entry import Entry

STEPS = {
    "logistic": Entry("amplitude/(1 + exp(-(x - centre)/width))", "amplitude"),
    "gompertz": Entry("amplitude*exp(-exp(-rate*(x - centre)))", "amplitude"),
    "richards": Entry("amplitude/(1 + exp(-rate*(x - centre)))**(1/shape)", "amplitude"),
    "weibull_growth": Entry("amplitude*(1 - exp(-(x/tau)**beta))", "amplitude"),
    "tanh_step": Entry("amplitude*tanh((x - centre)/width)", "amplitude"),
    "erf_step": Entry("amplitude*(1 + erf((x - centre)/width))/2", "amplitude"),
    "arctan_step": Entry(
        "amplitude*(0.5 + arctan((x - centre)/width)/3.141592653589793)", "amplitude"
    ),
    "dose_response": Entry("bottom + (top - bottom)/(1 + (ec50/x)**slope)"),
    "dose_response_log": Entry("bottom + (top - bottom)/(1 + 10**((log_ec50 - x)*slope))"),
    "dose_response_5": Entry("bottom + (top - bottom)/(1 + (ec50/x)**slope)**asymmetry"),
    "hill": Entry("maximum_response*x**n/(k**n + x**n)", "maximum_response"),
}
