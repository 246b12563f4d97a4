"""The files that come with a job and go with its answer. Runs in the worker."""

from pathlib import Path

from jax_workbench.tools.contract import Job

INPUTS = Path("inputs")
OUTPUTS = Path("outputs")


def lay_out(job: Job) -> None:
    """Write the call's files to `inputs/` and make `outputs/`, in the working directory."""
    INPUTS.mkdir(exist_ok=True)
    OUTPUTS.mkdir(exist_ok=True)
    for name, content in job.blobs.items():
        (INPUTS / Path(name).name).write_bytes(content)
