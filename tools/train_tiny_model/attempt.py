"""One attempt at a call, in a worker of its own. Runs in the worker."""

from collections.abc import Mapping
from typing import Any

from jax_workbench.tools.common.compiled_before import with_reused
from jax_workbench.tools.common.user_code import as_tool_error, is_out_of_memory
from jax_workbench.tools.common.user_traceback import registered_files
from jax_workbench.tools.contract import LongJob
from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.train_tiny_model.batch_parts import NotTheSame, differences
from jax_workbench.tools.train_tiny_model.messages import AttemptAsk, Attempted
from jax_workbench.tools.train_tiny_model.work import Call

MAX_CAUSE = 10_000


def run(argument: Mapping[str, Any], job: LongJob) -> dict[str, Any]:
    """Answer the call, or say that memory ran out; any other failure is raised."""
    asked = AttemptAsk.model_validate(argument)
    call = Call(asked.ask, job, spent_s=asked.spent_s, batch_parts=asked.batch_parts)
    return attempted(call).model_dump(mode="json")


def attempted(call: Call) -> Attempted:
    """What came of it."""
    try:
        answer = with_reused(call.answer())
    except NotTheSame as error:
        return Attempted(not_the_same=str(error))
    except Exception as error:
        failure = error if isinstance(error, ToolError) else None
        if failure is None and is_out_of_memory(error):
            failure = as_tool_error(error, registered_files(error))
        if failure is None or failure.code != "out_of_memory":
            raise
        return Attempted(
            out_of_memory=failure.cause[:MAX_CAUSE],
            next_step=failure.next_step,
            is_hopeless=call.session is None,
            **batch_of(call),
        )
    return Attempted(answer=answer, **batch_of(call))


def batch_of(call: Call) -> dict[str, Any]:
    """How the call takes its batches, as far as it came."""
    if call.session is None:
        return {}
    recipe = call.session.recipe
    return {
        "batch_size": recipe.batch_size,
        "batch_parts": recipe.batch_parts,
        "differences": differences(call.session.problem, call.session.program)
        if recipe.batch_parts > 1
        else (),
    }
