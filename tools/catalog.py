"""Every tool there is, in the order a client lists them. Light: the server reads it."""

from typing import Any

from jax_workbench.tools import cancel_job, get_job
from jax_workbench.tools.contract import Tool

ALL_TOOLS: tuple[Tool[Any, Any], ...] = (
    get_job.TOOL,
    cancel_job.TOOL,
)
