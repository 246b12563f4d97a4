"""Writes tools/lint_jax_code/tables/surface.json: what the installed libraries offer.

    python -m tests.records.lint_surface

Of each public module the names, and of each function the parameters: `x /` before those by position
only, `*` before those by keyword only, `name=` for those with a default, `**` where any keyword is
taken. A name without a known signature has an empty text.
"""

import importlib
import inspect
import json
import pkgutil
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import jax

TABLE = Path(__file__).parents[2] / "tools" / "lint_jax_code" / "tables" / "surface.json"
LIBRARIES = ("jax", "flax", "optax", "orbax-checkpoint", "numpyro")
MODULES = (
    "jax",
    "jax.debug",
    "jax.dtypes",
    "jax.errors",
    "jax.experimental.shard_map",
    "jax.image",
    "jax.lax",
    "jax.lax.linalg",
    "jax.nn",
    "jax.nn.initializers",
    "jax.numpy",
    "jax.numpy.fft",
    "jax.numpy.linalg",
    "jax.ops",
    "jax.profiler",
    "jax.random",
    "jax.scipy",
    "jax.scipy.linalg",
    "jax.scipy.ndimage",
    "jax.scipy.optimize",
    "jax.scipy.signal",
    "jax.scipy.special",
    "jax.scipy.stats",
    "jax.sharding",
    "jax.tree",
    "jax.tree_util",
    "flax.linen",
    "flax.nnx",
    "flax.struct",
    "flax.training.train_state",
    "numpyro",
    "numpyro.distributions",
    "numpyro.distributions.constraints",
    "numpyro.handlers",
    "numpyro.infer",
    "optax",
    "optax.losses",
    "optax.tree_utils",
    "orbax.checkpoint",
)
STARS = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}


def main() -> None:
    """Look, and write."""
    modules: dict[str, dict[str, str]] = {}
    for name in MODULES:
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        modules[name] = names_of(module)
    table: dict[str, Any] = {
        "versions": {library: version(library) for library in LIBRARIES},
        "options": sorted(cast("dict[str, Any]", jax.config.values)),
        "modules": modules,
        "array": sorted(name for name in dir(jax.numpy.zeros(1)) if not name.startswith("_")),
    }
    TABLE.write_text(json.dumps(table, separators=(",", ":"), sort_keys=True) + "\n", "utf-8")


def names_of(module: ModuleType) -> dict[str, str]:
    """Public names of a module, its submodules among them."""
    kept = {n for n, (_, value) in getattr(module, "_deprecations", {}).items() if value}
    found = {name: "" for name in {*dir(module), *kept} if not name.startswith("_")}
    for part in pkgutil.iter_modules(getattr(module, "__path__", [])):
        found.setdefault(part.name, "")
    for name in found:
        found[name] = "" if name in kept else signature_of(getattr(module, name, None))
    return found


def signature_of(thing: object) -> str:
    """The parameters of a function or class, as far as Python knows them."""
    if isinstance(thing, ModuleType) or not callable(thing):
        return ""
    if isinstance(thing, jax.numpy.ufunc):
        names = [f"x{place}" for place in range(1, thing.nin + 1)]
        return f"{' '.join(names)} / * out= where="
    try:
        parameters = [*inspect.signature(thing).parameters.values()]
        if isinstance(thing, type) and {p.kind for p in parameters} <= STARS:
            # A metaclass hides what the class itself takes.
            parameters = [*inspect.signature(thing.__init__).parameters.values()][1:]
    except (TypeError, ValueError):
        return ""
    words: list[str] = []
    before = None
    for parameter in parameters:
        kind = parameter.kind
        if before is inspect.Parameter.POSITIONAL_ONLY and kind is not before:
            words.append("/")
        if kind is inspect.Parameter.KEYWORD_ONLY and before is not kind and "*" not in words:
            words.append("*")
        words.append(word_of(parameter))
        before = kind
    if before is inspect.Parameter.POSITIONAL_ONLY:
        words.append("/")
    return " ".join(words) or "-"


def word_of(parameter: inspect.Parameter) -> str:
    """One parameter; `*` alone takes any number by position."""
    match parameter.kind:
        case inspect.Parameter.VAR_POSITIONAL:
            return f"*{parameter.name}"
        case inspect.Parameter.VAR_KEYWORD:
            return "**"
        case _:
            has_default = parameter.default is not inspect.Parameter.empty
            return f"{parameter.name}=" if has_default else parameter.name


if __name__ == "__main__":
    main()
