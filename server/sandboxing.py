"""Chooses the sandbox and says what its workers preload. Server only."""

from collections.abc import Mapping
from pathlib import Path

from jax_workbench.sandbox.accelerators import accelerator
from jax_workbench.sandbox.errors import SandboxUnavailable
from jax_workbench.sandbox.policy import Profile
from jax_workbench.sandbox.pool import LocalPool
from jax_workbench.server.settings import Settings, SettingsError
from jax_workbench.tools import worker_profile


def local_pool(settings: Settings, base: Mapping[str, bytes] | None = None) -> LocalPool:
    """The pool on this host, not yet entered, in the isolation that the settings ask for.

    Its sessions begin with the compiled programs of `base`.

    Raises SettingsError where the device that they ask for is not there.
    """
    try:
        device = accelerator(settings.device)
    except SandboxUnavailable as missing:
        raise SettingsError(f"{missing.cause} {missing.next_step}") from missing
    profile = Profile(
        preload=worker_profile.PRELOAD,
        assert_forkable=worker_profile.ASSERT_FORKABLE,
        prepare=worker_profile.PREPARE,
        smoke=worker_profile.SMOKE,
        env=worker_profile.ENV,
        code={"jax_workbench/tools": Path(worker_profile.__file__).parent},
        accelerator=device,
    )
    return LocalPool(profile, tier=settings.sandbox, memory_mib=settings.memory_mib, base=base)
