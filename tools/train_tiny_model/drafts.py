"""Checkpoints on the way, for a run that is cancelled or killed. Runs in the worker."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from jax_workbench.tools.contract import LongJob
from jax_workbench.tools.train_tiny_model import checkpoint as checkpoints
from jax_workbench.tools.train_tiny_model.artifacts import CHECKPOINT_TYPE
from jax_workbench.tools.train_tiny_model.loop import Trained

FIRST_AFTER_S = 1.0
EVERY_S = 5.0
MAX_SHARE = 0.02
"""Of the time of training, at most, that goes into checkpoints on the way."""
MAX_BYTES = 64 * 2**20


class Drafts:
    """Leaves the state now and then: often enough to lose little, seldom enough to cost little."""

    def __init__(
        self, job: LongJob, facts: Mapping[str, Any], now: Callable[[], float] = time.monotonic
    ) -> None:
        """`facts` go into each checkpoint."""
        self._job, self._facts, self._now = job, facts, now
        self._next = now() + FIRST_AFTER_S

    def keep(self, trained: Trained) -> None:
        """Leave `trained`, best weights and optimiser included, where it is time to."""
        began = self._now()
        if began < self._next:
            return
        content = checkpoints.save(trained, self._facts)
        if len(content) <= MAX_BYTES:
            self._job.draft(checkpoints.NAME, content, CHECKPOINT_TYPE)
        ended = self._now()
        self._next = ended + max(EVERY_S, (ended - began) / MAX_SHARE)
