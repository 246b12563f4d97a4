"""What the library holds of one model. Runs in the worker."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """A named model: its formula in x, and the parameter that only scales it."""

    formula: str
    scale: str = ""
    """Set to 1 where the model is a later factor of a product: two scales cannot be told apart."""
