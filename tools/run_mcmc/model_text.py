"""From the `model` argument to a function: own text, or a family's. Runs in the worker."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jax_workbench.tools.common.guarded_text import shorten
from jax_workbench.tools.common.user_code import load_module
from jax_workbench.tools.errors import ToolError

NAME = "model"
FILENAME = f"<{NAME}>"
"""What tracebacks call the user's text."""

MESSAGE_LIMIT = 300
FAMILIES = Path(__file__).parent / "families"


@dataclass(frozen=True)
class ModelText:
    """A model and the text it came from."""

    function: Callable[..., Any]
    source: str
    family: str
    """Empty for the user's own."""


def read_model(text: str) -> ModelText:
    """Load the function `model` from source text, or from the family of that name.

    Raises:
        ToolError: `bad_argument` for an unknown family or text without `model`,
            `user_code_failed` for text that does not run.
    """
    family = text.strip() if re.fullmatch(r"\s*[A-Za-z]\w*\s*", text) else ""
    source = family_source(family) if family else text
    function = vars(load_module(source, NAME)).get("model")
    if not callable(function):
        raise ToolError(
            "bad_argument",
            "model: the text defines no function called `model`.",
            "Define model(**data), with numpyro.sample(..., obs=...) for what was observed.",
        )
    return ModelText(function, source, family)


def family_source(name: str) -> str:
    """Text of the family called `name`.

    Raises:
        ToolError: `bad_argument`, with the families and their arguments.
    """
    path = FAMILIES / f"{name}.py"
    if name.startswith("_") or not path.is_file():
        raise ToolError(
            "bad_argument",
            f"model: there is no family called {name!r}.",
            f"Use one of {', '.join(family_names())}, or give the source of model(**data).",
        )
    return path.read_text(encoding="utf-8")


def family_names() -> list[str]:
    """Every family, with what its model takes."""
    paths = sorted(FAMILIES.glob("[!_]*.py"))
    return [path.stem + signature_in(path.read_text(encoding="utf-8")) for path in paths]


def signature_in(source: str) -> str:
    """Parameters of `model` as the text spells them, types left out."""
    match = re.search(r"^def model\(([^)]*)\)", source, re.MULTILINE)
    written = match[1].split(",") if match else []
    names = [part.partition(":")[0].strip() for part in written]
    return f"({', '.join(name for name in names if name)})"


def check_arguments(function: Callable[..., Any], data: Mapping[str, Any]) -> None:
    """Check that the model takes what `data` names.

    Raises:
        ToolError: `bad_argument`, with the model's parameters and the names given.
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(**data)
    except TypeError as error:
        given = shorten(", ".join(data) or "nothing", MESSAGE_LIMIT)
        raise ToolError(
            "bad_argument",
            f"data: model{shorten(str(signature), MESSAGE_LIMIT)} does not take what was given "
            f"({given}): {shorten(str(error), MESSAGE_LIMIT)}.",
            "Name the entries of data (or the columns) as the model's parameters.",
        ) from None
