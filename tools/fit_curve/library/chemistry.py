"""Enzyme kinetics, isotherms, thermodynamics and radiation. Runs in the worker."""

from jax_workbench.tools.fit_curve.library.entry import Entry

CHEMISTRY = {
    "michaelis_menten": Entry("v_max*x/(k_m + x)", "v_max"),
    "substrate_inhibition": Entry("v_max*x/(k_m + x + x**2/k_i)", "v_max"),
    "monod": Entry("mu_max*x/(k_s + x)", "mu_max"),
    "haldane": Entry("mu_max*x/(k_s + x + x**2/k_i)", "mu_max"),
    "langmuir": Entry("q_max*k*x/(1 + k*x)", "q_max"),
    "freundlich": Entry("k_f*x**(1/n)", "k_f"),
    "sips": Entry("q_max*(k*x)**n/(1 + (k*x)**n)", "q_max"),
    "toth": Entry("q_max*k*x/(1 + (k*x)**n)**(1/n)", "q_max"),
    "bet": Entry("q_m*c*x/((1 - x)*(1 + (c - 1)*x))", "q_m"),
    "one_site_binding": Entry("b_max*x/(k_d + x)", "b_max"),
    "arrhenius": Entry("prefactor*exp(-energy/(8.31446261815324*x))", "prefactor"),
    "eyring": Entry("prefactor*x*exp(-enthalpy/(8.31446261815324*x))", "prefactor"),
    "antoine": Entry("10**(a - b/(c + x))"),
    "planck": Entry("amplitude/(x**5*expm1(0.014387768775039337/(x*temperature)))", "amplitude"),
    "shockley_diode": Entry("saturation_current*expm1(x/thermal_voltage)", "saturation_current"),
    "morse": Entry("depth*(1 - exp(-stiffness*(x - distance)))**2", "depth"),
    "lennard_jones": Entry("4*depth*((sigma/x)**12 - (sigma/x)**6)", "depth"),
}
