"""Every tool there is, in the order a client lists them. Light: the server reads it."""

from typing import Any

from jax_workbench.tools import benchmark_fn, cancel_job, get_job, run_jax_code
from jax_workbench.tools.contract import Tool

ALL_TOOLS: tuple[Tool[Any, Any], ...] = (
    run_jax_code.TOOL,
    benchmark_fn.TOOL,
    get_job.TOOL,
    cancel_job.TOOL,
)
