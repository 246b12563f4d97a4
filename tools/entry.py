"""Where a worker enters the tools: one job in, one JSON value or one error out.

Runs in the worker; the sandbox calls `answer` by name and knows nothing else of the tools.
"""

import os
import random
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import jax
import numpy as np

from jax_workbench.tools.common.compiled_before import reuse_compiled, with_reused
from jax_workbench.tools.common.guarded_text import message_of, type_name
from jax_workbench.tools.common.user_code import as_tool_error, is_out_of_memory
from jax_workbench.tools.common.user_traceback import registered_files
from jax_workbench.tools.contract import Ask, Job, Tool
from jax_workbench.tools.errors import WORKER_CODES, ToolError

PACKAGE = "jax_workbench.tools."


class Channel(Protocol):
    """What the sandbox gives a job: its way to the host."""

    @property
    def blobs(self) -> Mapping[str, bytes]:
        """Bytes that came with the job, by name."""
        ...

    @property
    def kept_folder(self) -> str:
        """Where files live on to the client's next job; empty where none do."""
        ...

    def progress(self, message: str) -> None:
        """Tell the host what is being done."""
        ...

    def save(self, name: str, mime_type: str, content: bytes) -> None:
        """Hand bytes to the host."""
        ...

    def draft(self, name: str, mime_type: str, content: bytes) -> None:
        """Leave bytes in case that the job is ended."""
        ...


@dataclass(frozen=True)
class ChannelJob:
    """A sandbox's channel as the tools know it."""

    channel: Channel

    @property
    def blobs(self) -> Mapping[str, bytes]:
        """What the plan handed over, by name."""
        return self.channel.blobs

    def progress(self, message: str) -> None:
        """Say what is being done."""
        self.channel.progress(message)

    def save(self, name: str, content: bytes, mime_type: str) -> None:
        """Hand out bytes."""
        self.channel.save(name, mime_type, content)

    def draft(self, name: str, content: bytes, mime_type: str) -> None:
        """Leave an artifact in case that the job is ended."""
        self.channel.draft(name, mime_type, content)


def answer(argument: Mapping[str, Any], channel: Channel) -> dict[str, Any]:
    """Run one job.

    Args:
        argument: `function` ("module:function" of a tool, called as `function(argument, job)`),
            its `argument`, `x64` and `seed`.
        channel: The sandbox's.

    Returns:
        `{"value": {...}}`, or `{"error": {"code", "cause", "next_step"}}`.
    """
    try:
        configure(x64=argument["x64"], seed=argument["seed"])
        if channel.kept_folder:
            reuse_compiled(channel.kept_folder)
        work = named(argument["function"])
        return {"value": work(argument["argument"], ChannelJob(channel))}
    except ToolError as error:
        if error.code in WORKER_CODES:
            return refusal(error)
        return fault(error)
    except Exception as error:  # noqa: BLE001 - told to the host, which logs it
        if sys.modules.get("sys") is not sys:
            # Emptied by the code under test: nothing that is imported from here on works.
            os._exit(1)
        files = registered_files(error)
        # Code may raise long after it ran: from a signal, a trace function, a method of an object.
        if files or is_out_of_memory(error):
            return refusal(as_tool_error(error, files))
        return fault(error)


def answer_call(argument: Mapping[str, Any], job: Job) -> dict[str, Any]:
    """Do the work of a tool that has no plan: `tool` by name, `ask` as JSON; gives its answer."""
    tool: Tool[Ask, Any] = import_module(PACKAGE + argument["tool"]).TOOL
    ask = tool.ask.model_validate(argument["ask"])
    return with_reused(named(tool.work)(ask, job)).model_dump(mode="json")


def configure(*, x64: bool, seed: int) -> None:
    """Set what every job that runs code may ask for."""
    jax.config.update("jax_enable_x64", x64)
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the generator that user code calls without naming one


def named(place: str) -> Any:
    """Find the function at `module:function`; only the tools' own may be named."""
    module, _, function = place.partition(":")
    if not module.startswith(PACKAGE):
        raise ValueError(f"{place!r} is not in {PACKAGE}")
    return getattr(import_module(module), function)


def refusal(error: ToolError) -> dict[str, Any]:
    """Report that there is no answer, and why."""
    said = {"code": error.code, "cause": error.cause, "next_step": error.next_step}
    return {"error": said}


def fault(error: Exception) -> dict[str, Any]:
    """Report our own fault; the traceback goes to stderr."""
    traceback.print_tb(error.__traceback__, file=sys.__stderr__)
    cause = f"{type_name(error)}: {message_of(error)}"
    print(cause, file=sys.__stderr__)
    return {"error": {"code": "internal", "cause": cause, "next_step": "Report this fault."}}
