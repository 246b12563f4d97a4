"""Options and fixtures that every test folder shares."""

import os
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make records` passes this."""
    parser.addoption("--update-records", action="store_true", help="Write tests/**/records anew.")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what this machine cannot run, and say so."""
    if item.get_closest_marker("root") and os.geteuid() != 0:
        pytest.skip("needs to be started as root")
    if item.get_closest_marker("gpu") and not Path("/dev/nvidia0").exists():
        pytest.skip("needs a GPU")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Name the backend that ships."""
    return "asyncio"
