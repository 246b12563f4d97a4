"""Runs the code and collects what came of it. Runs in the worker."""

from typing import Any

from jax_workbench.tools.common import job_files
from jax_workbench.tools.contract import Job
from jax_workbench.tools.run_jax_code.cell import NO_VALUE, run_cell
from jax_workbench.tools.run_jax_code.figures import save_figures
from jax_workbench.tools.run_jax_code.messages import JobNote, Ran
from jax_workbench.tools.run_jax_code.outputs import save_outputs
from jax_workbench.tools.run_jax_code.value import Sent, encode_value


def run(argument: dict[str, Any], job: Job) -> dict[str, Any]:
    """Run `argument["code"]`; saves its figures and files, returns a `Ran` as JSON values.

    Raises:
        ToolError: `user_code_failed` or `out_of_memory`, with the user's own lines.
    """
    job_files.lay_out(job)
    # The code may change the working directory.
    outputs = job_files.OUTPUTS.absolute()
    job.progress("running the code")
    value = run_cell(argument["code"])
    job.progress("collecting what it left")
    sent = Sent(None, "", ()) if value is NO_VALUE else encode_value(value)
    said = (*sent.notes, *save_figures(job), *save_outputs(job, outputs))
    notes = tuple(JobNote(**note.model_dump()) for note in said)
    return Ran(value=sent.value, value_repr=sent.value_repr, notes=notes).model_dump(mode="json")
