"""get_job: how far a long call is, or its answer. The server answers it; no worker runs."""

from pydantic import ConfigDict, Field

from jax_workbench.tools.contract import Answer, Ask, Finite, Part, Tool


class GetJobAsk(Ask):
    """Fetch the answer of a call that returned status "running".

    Waits up to wait_s seconds. Returns the tool's own answer once it is there; until then status
    "running" with result {progress, total, message, elapsed_s, queue_position}.
    """

    job_id: str = Field(
        min_length=1, max_length=100, description="run.job_id of the running answer."
    )
    wait_s: float = Field(
        default=30, ge=0, le=40, allow_inf_nan=False, description="Longest wait in seconds."
    )


class JobProgress(Part):
    """How far a job is, as the `result` of an answer whose status is "running"."""

    progress: Finite = Field(description="Seconds so far; rises.")
    total: Finite | None = Field(description="Seconds of work at which the job is stopped.")
    message: str = Field(description="What it is doing.")
    elapsed_s: Finite = Field(description="Wall seconds since the call, queueing included.")
    queue_position: int = Field(description="Place in the queue; 0 is running.")


class AnyResult(Part):
    """A `JobProgress`, or the result of whichever tool has finished."""

    model_config = ConfigDict(extra="allow")


class GetJobAnswer(Answer):
    """The answer of the tool that was called, or "running"."""

    status: str = Field(description='The status of the finished tool, or "running".')
    result: AnyResult | None = Field(
        default=None, description="The finished tool's result, or the progress."
    )


TOOL = Tool[GetJobAsk, GetJobAnswer](
    name="get_job",
    title="Fetch a running job",
    ask=GetJobAsk,
    answer=GetJobAnswer,
    runs_user_code=False,
)
