"""What the job tells the plan. Light: both sides read it."""

from typing import Any

from pydantic import Field

from jax_workbench.tools.contract import Note, Part


class Ran(Part):
    """What the code came to; made in a process that ran it, so the plan checks it."""

    value: Any
    value_repr: str = Field(max_length=5000)
    notes: tuple[Note, ...] = Field(max_length=50)
