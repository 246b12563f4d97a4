"""Remembers which tier a pool runs in: chosen once, never weakened later. Runs in the host."""

import logging
import os

from jax_workbench.sandbox import tiers
from jax_workbench.sandbox.errors import SandboxUnavailable
from jax_workbench.sandbox.policy import CPU, Accelerator, Tier

logger = logging.getLogger(__name__)


class TierChoice:
    """The tiers that may be tried, until one of them is in force."""

    def __init__(self, wish: str, accelerator: Accelerator = CPU) -> None:
        """`wish` is the operator's: one of `tiers.CHOICES`."""
        self.candidates = tiers.candidates(
            wish, is_root=os.geteuid() == 0, is_container=tiers.is_container()
        )
        if not accelerator.is_cpu:
            # Its driver needs a /proc, and only a job's own namespace makes that one harmless.
            self.candidates = ("none",) if wish == "none" else ("full",)
        self.shortfall = ""
        """Why it is not the strongest one, and what would mend that."""
        if self.candidates == ("none",):
            self.shortfall = "JAX_WORKBENCH_SANDBOX=none: nothing keeps a job from what is here."

    @property
    def now(self) -> Tier:
        """In force; before one is, the strongest that will be tried."""
        return self.candidates[0]

    def choose(self, tier: Tier, refused: SandboxUnavailable | None) -> None:
        """Stay with `tier`; `refused` says why a stronger one is not to be had."""
        if self.candidates == (tier,):
            return
        self.candidates = (tier,)
        if refused:
            self.shortfall = f"{refused.cause} {refused.next_step}"
            logger.warning("The sandbox's tier is %s: %s", tier, self.shortfall)
