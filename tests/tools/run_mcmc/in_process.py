"""Calls of run_mcmc in this process, as a worker would run them."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any

import jax

from tests.records.run_mcmc_in_process import RecordJob, answer_of

type Called = tuple[dict[str, Any], RecordJob]
type Call = Callable[..., Called]


@contextmanager
def as_in_a_worker() -> Generator[None]:
    """64 bits, and JAX's own rules of promotion: NumPyro's code broadcasts and casts."""
    with (
        jax.numpy_rank_promotion("allow"),
        jax.numpy_dtype_promotion("standard"),
        jax.enable_x64(True),
    ):
        yield


def answered(blobs: Mapping[str, bytes] | None = None, **arguments: Any) -> Called:
    """The answer of a call as JSON, and the job."""
    answer, _, job = answer_of({"timeout_s": 600, **arguments}, blobs)
    return answer, job
