"""What train_tiny_model's plan and its workers say to each other. Read by both.

The plan validates what comes back against these models: a worker's words are untrusted.
"""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from jax_workbench.tools.contract import Finite, Part
from jax_workbench.tools.train_tiny_model import TrainTinyModelAnswer, TrainTinyModelAsk

Text = Annotated[str, Field(max_length=20_000)]


PARTS = (1, 4, 16)
"""Into how many parts each attempt takes a batch, at least; so many attempts are made."""


class AttemptAsk(Part):
    """To a worker: the call, what of its time is spent, and how to take its batches."""

    ask: TrainTinyModelAsk
    spent_s: Finite = 0.0
    batch_parts: Annotated[int, Field(ge=1)] = 1
    """At least so many."""


class Attempted(Part):
    """From a worker: its answer, or that memory ran out, or that parts would not be the same."""

    answer: TrainTinyModelAnswer | None = None
    batch_size: int | None = None
    batch_parts: int = 1
    differences: tuple[Text, ...] = ()
    """What is not as with whole batches."""
    out_of_memory: Text = ""
    next_step: Text = ""
    is_hopeless: bool = False
    """It ran out before any batch was taken."""
    not_the_same: Text = ""


def steps_in_parts(differences: Sequence[str]) -> str:
    """What steps by the mean of the parts' gradients are, as the end of a sentence."""
    if differences:
        return f": the steps of whole batches, but {' and '.join(differences)}."
    return "; but for rounding these are the steps of whole batches."
