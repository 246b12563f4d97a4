"""The static pass as a job. Runs in the worker; imports no JAX and runs nothing of the text."""

from collections.abc import Mapping
from typing import Any

from jax_workbench.tools.contract import Job
from jax_workbench.tools.lint_jax_code import LintJaxCodeAsk
from jax_workbench.tools.lint_jax_code.findings import report


def run(argument: Mapping[str, Any], _job: Job) -> dict[str, Any]:
    """Lint `argument["ask"]`; the findings as JSON."""
    return report(LintJaxCodeAsk.model_validate(argument["ask"]))
