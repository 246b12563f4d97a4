"""A script that repeats the run. Runs in the worker."""

import json
from importlib.metadata import version

from jax_workbench.tools.train_tiny_model import TrainTinyModelAsk

PACKAGES = ("jax-workbench", "jax", "flax", "optax", "orbax-checkpoint", "numpyro")


def reproduce(ask: TrainTinyModelAsk, batch_parts: int = 1) -> str:
    """Text of the script: the same arguments and seeds, so the same weights to the last bit."""
    arguments = json.dumps(ask.model_dump(mode="json"), indent=1)
    names = [file.rpartition("/")[2] for file in ask.files]
    parts = f", batch_parts={batch_parts}" if batch_parts > 1 else ""
    pins = " ".join(f"{name}=={version(name)}" for name in PACKAGES)
    return f'''"""Repeats a run of train_tiny_model, and writes what it saved into a folder.

Needs {pins}.
The same machine and versions give the same weights to the last bit, unless the run was stopped by
its time budget. Files it read are expected beside this script: {", ".join(names) or "none"}.
"""

import json
from pathlib import Path

import jax

from jax_workbench.tools.train_tiny_model import TrainTinyModelAsk
from jax_workbench.tools.train_tiny_model.work import run

ARGUMENTS = json.loads(r"""
{arguments}
""")
HERE = Path(__file__).parent


class Folder:
    """What a job needs: input files, a place to say things, a place to save."""

    blobs = {{name: (HERE / name).read_bytes() for name in {names!r}}}

    def progress(self, message):
        print(message)

    def save(self, name, content, mime_type):
        folder = HERE / "reproduced"
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)

    def draft(self, name, content, mime_type):
        """Nobody ends this run but you: its last checkpoint is saved at its end."""


jax.config.update("jax_enable_x64", ARGUMENTS["x64"])
answer = run(TrainTinyModelAsk.model_validate(ARGUMENTS), Folder(){parts})
print(answer.model_dump_json(indent=1))
'''
