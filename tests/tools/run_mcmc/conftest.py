"""The conditions of a worker, and a call in this process."""

from collections.abc import Iterator

import pytest

from tests.tools.run_mcmc.in_process import Call, answered, as_in_a_worker


@pytest.fixture(autouse=True)
def in_a_worker() -> Iterator[None]:
    """As NumPyro's own code runs."""
    with as_in_a_worker():
        yield


@pytest.fixture
def call() -> Call:
    """Answer a call in this process."""
    return answered
