"""cancel_job: stops a long call. The server answers it; no worker runs."""

from typing import Literal

from pydantic import Field

from jax_workbench.tools.contract import Answer, Ask, Tool


class CancelJobAsk(Ask):
    """Stop a call that returned status "running"; its processes are killed at once.

    A training's last checkpoint is kept, else nothing. Returns status "cancelled", or
    "already_finished" where its answer can still be fetched with get_job.
    """

    job_id: str = Field(
        min_length=1, max_length=100, description="run.job_id of the running answer."
    )


class CancelJobAnswer(Answer):
    """Whether there was something to stop."""

    status: Literal["cancelled", "already_finished"]
    result: None = Field(default=None, description="Always null.")


TOOL = Tool[CancelJobAsk, CancelJobAnswer](
    name="cancel_job",
    title="Stop a running job",
    ask=CancelJobAsk,
    answer=CancelJobAnswer,
    runs_user_code=False,
)
