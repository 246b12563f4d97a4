"""The call's model, whichever way it is written. Runs in the worker."""

from collections.abc import Sequence
from dataclasses import dataclass

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.fit_curve.curve import ModelFunction
from jax_workbench.tools.fit_curve.expression import names_in, parse_expression, parse_formula
from jax_workbench.tools.fit_curve.library.composition import entry_of, formula_of, suggestion
from jax_workbench.tools.fit_curve.python_source import is_source, load_python


@dataclass(frozen=True)
class Model:
    """A function of predictors and parameters.

    Attributes:
        text: As it was sent.
        expression: As a formula; empty for Python source.
        source: The Python source; empty for a formula.
        replaced: Imports of the source that were turned to JAX.
    """

    text: str
    expression: str
    source: str
    parameters: tuple[str, ...]
    function: ModelFunction
    replaced: tuple[str, ...] = ()


def read_model(text: str, predictors: Sequence[str]) -> Model:
    """Python source, a library name or sum of them, or a formula.

    Raises:
        ToolError: `bad_argument` or `user_code_failed`.
    """
    if is_source(text):
        python = load_python(text, len(predictors))
        return Model(text, "", text, python.parameters, python, python.replaced)
    composed = formula_of(text, predictors[0]) if len(predictors) == 1 else None
    if composed is None:
        refuse_misspelt(text, predictors)
    parsed = parse_expression(composed or text, predictors)
    return Model(text, parsed.text, "", parsed.parameters, parsed)


def refuse_misspelt(text: str, predictors: Sequence[str]) -> None:
    """Raise ToolError where a library model stands in a formula, or is misspelt."""
    names = list(names_in(parse_formula(text)))
    near = suggestion(text) if len(names) == 1 and names[0] not in predictors else ""
    if near:
        raise ToolError(
            "bad_argument",
            f"model: there is no model {text!r} in the library.",
            f"Did you mean {near}?",
        )
    if names and not any(name in predictors for name in names):
        return
    for name in names:
        entry = entry_of(name)
        if entry and name != "constant":
            raise ToolError(
                "bad_argument",
                f"model: {name!r} is a model of the library and stands in a formula.",
                f"Write its formula, {entry.formula!r}, or call the parameter something else.",
            )
