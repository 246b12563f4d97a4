"""A pool without JAX, for what the sandbox promises whatever runs in it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from jax_workbench.sandbox.policy import JobSpec, Limits, Profile
from jax_workbench.sandbox.pool import LocalPool

JAILED = Path(__file__).parent / "jailed"


def plain_profile(**changes: Any) -> Profile:
    """Preloads nothing that takes time."""
    names: dict[str, Any] = {
        "preload": ("jailed_tests.jobs",),
        "assert_forkable": "jailed_tests.jobs:assert_forkable",
        "prepare": "jailed_tests.jobs:prepare",
        "code": {"jailed_tests": JAILED},
    }
    return Profile(**(names | changes))


def job(function: str, /, *, limits: Limits | None = None, **argument: Any) -> JobSpec:
    """One of the functions in `jailed/jobs.py`."""
    name = f"jailed_tests.jobs:{function}"
    return JobSpec(function=name, argument=argument, limits=limits or Limits(wall_s=3000))


@pytest.fixture
async def pool() -> AsyncIterator[LocalPool]:
    async with LocalPool(plain_profile(), n_warm=1) as running:
        yield running
