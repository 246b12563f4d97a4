"""Every tool there is, in the order a client lists them. Light: the server reads it."""

from typing import Any

from jax_workbench.tools import (
    benchmark_fn,
    cancel_job,
    check_gradients,
    fit_curve,
    get_job,
    lint_jax_code,
    run_jax_code,
    run_mcmc,
    train_tiny_model,
)
from jax_workbench.tools.contract import Tool

ALL_TOOLS: tuple[Tool[Any, Any], ...] = (
    run_jax_code.TOOL,
    lint_jax_code.TOOL,
    benchmark_fn.TOOL,
    check_gradients.TOOL,
    fit_curve.TOOL,
    run_mcmc.TOOL,
    train_tiny_model.TOOL,
    get_job.TOOL,
    cancel_job.TOOL,
)
