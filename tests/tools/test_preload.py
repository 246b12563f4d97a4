"""What is preloaded and prepared, each in a process of its own: all of it is global state."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from jax_workbench.tools import worker_profile

ROOT = Path(__file__).parents[2]

STACK = """
import importlib, io, json, os, sys, warnings
from jax_workbench.tools.worker_profile import PRELOAD
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    for name in PRELOAD:
        importlib.import_module(name)
from jax_workbench.tools import preload
preload.assert_forkable()
before = set(sys.modules)

facts = preload.prepare({"n_cores": 0, "devices": 4})
import jax
jax.jit(lambda x: x + 1)(1.0).block_until_ready()
import matplotlib.pyplot as plt
plt.plot([1, 2])
plt.savefig(io.BytesIO(), format="png")
imported = sorted(set(sys.modules) - before)

heard = io.StringIO()
import logging
logging.basicConfig(stream=heard, format="%(message)s")
logging.warning("heard")
print("\\ud800")
print(json.dumps({
    "facts": facts,
    "imported": imported,
    "files": os.listdir(),
    "heard": heard.getvalue(),
    "is_line_buffered": sys.stdout.line_buffering,
}))
"""


def outcome(code: str, folder: Path) -> Any:
    """What `code` prints last, as JSON, in a process with a worker's environment."""
    working = folder / "working"
    working.mkdir()
    place = {"HOME": str(folder), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / ".dev")}
    done = subprocess.run(  # noqa: S603 - our own text
        [sys.executable, "-c", code],
        cwd=working,
        env=place | worker_profile.ENV | {"MPLCONFIGDIR": str(folder)},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout.decode().splitlines()[-1])


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A process that preloaded everything was found forkable, was prepared, and did some work."""
    return outcome(STACK, tmp_path_factory.mktemp("prepared"))


def test_preparing_makes_the_devices_that_are_asked_for(prepared: dict[str, Any]) -> None:
    assert prepared["facts"] == {"device": "cpu", "platform": "cpu", "n_devices": 4}


def test_on_an_accelerator_jax_starts_with_the_job_but_for_simulated_devices(
    tmp_path: Path,
) -> None:
    """A backend that waits would hold the device's memory; simulated devices are a CPU's."""
    code = """
import json
import jax
from jax._src import xla_bridge
from jax_workbench.tools import preload
first = preload.prepare({"devices": 1, "accelerator": "cuda"})
has_started = xla_bridge.backends_are_initialized()
jax.config.update("jax_platforms", "cuda,cpu")
print(json.dumps([first, has_started, preload.prepare({"devices": 2, "accelerator": "cuda"})]))
"""

    simulated = {"device": "cpu", "platform": "cpu", "n_devices": 2}
    assert outcome(code, tmp_path) == [{}, False, simulated]


@pytest.mark.parametrize(("platforms", "said"), [("cpu", "cpu"), ("cuda,cpu", "Unknown backend")])
def test_arithmetic_is_checked_on_the_device_that_is_meant(
    tmp_path: Path, platforms: str, said: str
) -> None:
    """JAX falls back on the CPU without a word where a plugin is missing."""
    if find_spec("jax_plugins") and platforms != "cpu":
        pytest.skip("a plugin for another device is installed")
    code = f"""
import json, os
os.environ["JAX_PLATFORMS"] = "{platforms}"
from jax_workbench.tools import preload
try:
    print(json.dumps(preload.smoke()["platform"]))
except RuntimeError as error:
    print(json.dumps(str(error)))
"""

    assert said in outcome(code, tmp_path)


def test_the_first_jit_and_the_first_figure_import_nothing_more(prepared: dict[str, Any]) -> None:
    assert prepared["imported"] == []


def test_preloading_leaves_no_file_in_the_working_directory(prepared: dict[str, Any]) -> None:
    assert prepared["files"] == []


def test_a_jobs_own_logging_works_as_in_a_script(prepared: dict[str, Any]) -> None:
    """Orbax leaves a handler at the root logger, with which basicConfig would do nothing."""
    assert prepared["heard"] == "heard\n"


def test_a_printed_line_leaves_the_process_at_once(prepared: dict[str, Any]) -> None:
    assert prepared["is_line_buffered"] is True


@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        ("import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()",
         "The process has 2 threads"),
        ("open_file = open('nvidia', 'w'); preload.DEVICE_FILES = (os.getcwd() + '/nvidia',)",
         "nvidia is open"),
        ("jax.config.update('jax_enable_x64', True)",
         "JAX's configuration was changed: jax_enable_x64"),
    ],
    ids=["thread", "device", "configuration"],
)  # fmt: skip
def test_what_makes_a_fork_unsafe_is_named(tmp_path: Path, deed: str, reason: str) -> None:
    code = f"""
import json, os
from jax_workbench.tools import preload
import jax
preload.assert_forkable()
{deed}
try:
    preload.assert_forkable()
except RuntimeError as error:
    print(json.dumps(str(error)))
"""

    assert reason in outcome(code, tmp_path)


def test_a_backend_that_has_started_makes_a_fork_unsafe(tmp_path: Path) -> None:
    """One thread may be left where the threads are those of the backend: it is asked for itself."""
    code = """
import json
from jax_workbench.tools import preload
import jax
jax.devices()
preload.Path = lambda path: type("Folder", (), {"iterdir": lambda self: ["one"]})()
try:
    preload.assert_forkable()
except RuntimeError as error:
    print(json.dumps(str(error)))
"""

    assert "A JAX backend has started" in outcome(code, tmp_path)


def test_importing_nlsq_in_a_job_leaves_jax_as_it_was(tmp_path: Path) -> None:
    code = """
import json, warnings
from jax_workbench.tools import preload
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    preload.quieten()
    import nlsq
    texts = [str(warning.message) for warning in said if "nlsq" in warning.filename]
before, now = preload.CONFIG_AT_IMPORT, preload.configuration()
print(json.dumps([[name for name in before if now[name] != before[name]], texts]))
"""

    changed, warned = outcome(code, tmp_path)

    assert changed == []
    assert warned == []


def test_preparing_leaves_nothing_compiled_behind(tmp_path: Path) -> None:
    """Else a job would find its own program compiled, and a benchmark its compile time gone."""
    code = """
import json
import numpy as np
import jax
from jax_workbench.tools import preload
preload.prepare({})
compiled = []
jax.monitoring.register_event_duration_secs_listener(
    lambda name, seconds, **more: compiled.append(name) if "backend_compile" in name else None
)
jax.jit(preload.matmul_sum)(np.ones((5, 5), np.float32)).block_until_ready()
print(json.dumps(len(compiled)))
"""

    assert outcome(code, tmp_path) == 1


def test_the_profile_names_what_exists(tmp_path: Path) -> None:
    places = [
        worker_profile.ASSERT_FORKABLE,
        worker_profile.PREPARE,
        worker_profile.SMOKE,
        worker_profile.ENTRY,
    ]
    code = f"""
import importlib, json
found = []
for place in {places}:
    module, _, function = place.partition(":")
    found.append(callable(getattr(importlib.import_module(module), function)))
print(json.dumps(found))
"""

    assert outcome(code, tmp_path) == [True] * 4
