"""A program that an earlier call of the same client traced, beside JAX's compiled ones.

JAX looks for a compiled program by what it traced, and tracing NUTS is a third of a second call.
What is kept here is the traced program, so that only the looking up is left. Runs in the worker.
"""

import os
import tempfile
from collections.abc import Callable, Mapping
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import jax
from jax import export

VERSIONS = ":".join(version(name) for name in ("jax-workbench", "jax", "jaxlib", "numpyro"))


def compiled(
    function: Callable[..., Any], arguments: tuple[Any, ...], gives: Any, key: str
) -> Callable[..., Any]:
    """`function` compiled for arguments like these.

    Args:
        function: Takes and gives pytrees.
        arguments: Pytrees of arrays, of the shapes and types that it will be called with.
        gives: A pytree of the structure of its result.
        key: Digest of all that the program depends on but the arguments' shapes; empty where
            that is not known, and nothing is kept.
    """
    tree, result = (cast("Any", jax.tree.structure(some)) for some in (arguments, gives))
    leaves = jax.tree.leaves(arguments)

    def flat(*leaves: Any) -> list[Any]:
        return jax.tree.leaves(function(*jax.tree.unflatten(tree, leaves)))

    shapes = ",".join(str(jax.typeof(leaf)) for leaf in leaves)
    name = f"traced-{digest(key, shapes, str(tree), str(result))}" if key else ""
    run = runnable(flat, leaves, name).lower(*leaves).compile()

    def call(*arguments: Any) -> Any:
        return jax.tree.unflatten(result, run(*jax.tree.leaves(arguments)))

    return call


def runnable(flat: Callable[..., Any], leaves: list[Any], name: str) -> Any:
    """The program to compile: an earlier call's, or traced now and kept."""
    exported = earlier(name)
    if exported is None:
        try:
            exported = kept(name, export.export(jax.jit(flat))(*leaves))
        except (ValueError, NotImplementedError):  # a callback, or a custom call of one machine
            return jax.jit(flat)
    return jax.jit(exported.call)


def digest(*parts: str) -> str:
    """One name for all of `parts`, the versions and the platform."""
    whole = "\0".join((VERSIONS, jax.default_backend(), *parts))
    return sha256(whole.encode()).hexdigest()


def text_of(function: Callable[..., Any], *arguments: Any) -> str:
    """All that `function` computes, constants written out: the same text is the same function."""
    return str(jax.jit(function).lower(*arguments).as_text())


def earlier(name: str) -> Any:
    """The program that an earlier call left under `name`; None where there is none to use."""
    path = folder() / name
    if not name or not path.is_file():
        return None
    try:
        return export.deserialize(bytearray(path.read_bytes()))
    except Exception:  # noqa: BLE001 - whatever the earlier call left there, it can be traced anew
        return None


def kept(name: str, exported: Any) -> Any:
    """`exported`, left for later calls where there is a folder for it."""
    if name and folder() != Path():
        content = exported.serialize()
        # Whole or not at all: what is in the folder is handed on as it is.
        handle, made = tempfile.mkstemp(dir=folder().parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(made).replace(folder() / name)
    return exported


def folder() -> Path:
    """Where compiled programs live on to later calls; `Path()` where none do."""
    values = cast("Mapping[str, Any]", jax.config.values)
    return Path(values["jax_compilation_cache_dir"] or "")
