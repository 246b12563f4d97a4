"""What the job tells the plan. Light: both sides read it."""

from typing import Any

from pydantic import Field

from jax_workbench.tools.contract import Note, Part

MAX_NOTE = 1000
"""Characters of a note's text."""


class JobNote(Note):
    """A note from the job, which may have been made to say anything."""

    code: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)
    text: str = Field(max_length=MAX_NOTE)


class Ran(Part):
    """What the code came to; made in a process that ran it, so the plan checks it."""

    value: Any
    value_repr: str = Field(max_length=5000)
    notes: tuple[JobNote, ...] = Field(max_length=50)
