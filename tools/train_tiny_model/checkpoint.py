"""Orbax checkpoints as one file: the whole state, to go on bit for bit. Runs in the worker."""

import io
import json
import logging
import re
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.train_tiny_model.chunk import Carry
from jax_workbench.tools.train_tiny_model.loop import Best, Trained
from jax_workbench.tools.train_tiny_model.untyped import tree as trees

NAME = "checkpoint"
META = "meta.json"
STATE = "state"
MAX_FILES = 2000
MAX_BYTES = 512 * 2**20
N_TOLD = 4


def save(trained: Trained, facts: Mapping[str, Any]) -> bytes:
    """The state of `trained` as a zip of an Orbax checkpoint and a `meta.json`."""
    best = trained.best
    arrays = {"carry": named(trained.carry)}
    if best is not None:
        arrays["best"] = named((best.params, best.rest))
    meta = {
        **facts,
        "step": trained.step,
        "best_step": best.step if best else None,
        "best_loss": best.loss if best else None,
        "evaluations": trained.trace.evaluations,
    }
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        written(root / STATE, arrays)
        (root / META).write_text(json.dumps(meta), encoding="utf-8")
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(root.rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(root).as_posix())
    return stream.getvalue()


def written(place: Path, arrays: Any) -> None:
    """Write a tree of arrays with Orbax, and wait until it is there."""
    logging.getLogger("absl").setLevel(logging.ERROR)
    checkpointer = ocp.StandardCheckpointer()
    checkpointer.save(place, arrays)
    checkpointer.wait_until_finished()
    checkpointer.close()


def restore(content: bytes, fresh: Carry) -> tuple[Trained, dict[str, Any]]:
    """The state in `content`, as the model that made `fresh` holds it, and the facts saved with it.

    Raises:
        ToolError: `bad_argument` where it is no checkpoint, or one of another model.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        meta = unpacked(content, root)
        try:
            read: Any = ocp.StandardCheckpointer().restore(root / STATE)
        except (ValueError, OSError, KeyError) as error:
            raise bad(f"Orbax cannot read it: {type(error).__name__}.") from None
        finally:
            shutil.rmtree(root / STATE, ignore_errors=True)
    carry = fitted(fresh, read["carry"])
    trained = Trained(carry, int(meta["step"]))
    if meta.get("best_step") is not None:
        average = fresh.average or fresh.params
        params, rest = fitted((average, fresh.rest), read["best"])
        trained.best = Best(int(meta["best_step"]), float(meta["best_loss"]), params, rest)
    trained.trace.evaluations = [(int(s), float(v)) for s, v in meta["evaluations"]]
    return trained, meta


def unpacked(content: bytes, root: Path) -> dict[str, Any]:
    """Write the archive's files below `root`; gives what `meta.json` says."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            size = sum(entry.file_size for entry in entries)
            if len(entries) > MAX_FILES or size > MAX_BYTES:
                raise bad("it is too large.")
            # extractall keeps every entry below `root`, whatever its name.
            archive.extractall(root)
        meta: dict[str, Any] = json.loads((root / META).read_text(encoding="utf-8"))
    except (zipfile.BadZipFile, OSError, ValueError):
        raise bad("it is no checkpoint of this tool.") from None
    return meta


def named(tree: Any) -> dict[str, Any]:
    """Leaves by number and path; a random key as its plain numbers."""
    flat, _ = trees.flatten_with_path(tree)
    return {f"{i:04d}{slug(path)}": plain(leaf) for i, (path, leaf) in enumerate(flat)}


def slug(path: Any) -> str:
    """A leaf's path as the name of a file."""
    text = jax.tree_util.keystr(path)
    return "".join(c if c.isalnum() else "_" for c in text)[-80:]


def readable(name: str) -> str:
    """A stored leaf's path as one would write it: `params.layers.0.kernel`."""
    return re.sub(r"__+", ".", name[4:]).strip("_.").removesuffix(".value")


def plain(leaf: Any) -> Any:
    """A NumPy array, which Orbax stores as it is."""
    if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        leaf = jax.random.key_data(leaf)
    return np.asarray(leaf)


def fitted(fresh: Any, stored: Mapping[str, Any]) -> Any:
    """`stored` in the structure of `fresh`.

    Raises:
        ToolError: `bad_argument`, naming the leaves whose shapes or names differ.
    """
    flat, structure = trees.flatten_with_path(fresh)
    wanted = {f"{i:04d}{slug(path)}": leaf for i, (path, leaf) in enumerate(flat)}
    if set(wanted) != set(stored):
        here = sorted(map(readable, set(wanted) - set(stored)))[:N_TOLD]
        there = sorted(map(readable, set(stored) - set(wanted)))[:N_TOLD]
        raise bad(
            f"the model or optimiser differs: here but not in it {', '.join(here) or 'none'}; in "
            f"it but not here {', '.join(there) or 'none'}."
        )
    different = [
        f"{readable(name)} is {stored[name].shape} in it and {plain(leaf).shape} here"
        for name, leaf in wanted.items()
        if stored[name].shape != plain(leaf).shape or stored[name].dtype != plain(leaf).dtype
    ]
    if different:
        raise bad(f"the model differs: {'; '.join(different[:N_TOLD])}.")
    return trees.unflatten(
        structure, [revived(leaf, stored[name]) for name, leaf in wanted.items()]
    )


def revived(leaf: Any, value: Any) -> Any:
    """A stored array as the kind of leaf it was."""
    if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        return jax.random.wrap_key_data(jax.numpy.asarray(value), impl=jax.random.key_impl(leaf))
    return jax.numpy.asarray(value)


def bad(cause: str) -> ToolError:
    """Say that the checkpoint cannot be used."""
    return ToolError(
        "bad_argument",
        f"resume: {cause}",
        "Use the checkpoint of a run with the same model, code, dataset and optimizer.",
    )
