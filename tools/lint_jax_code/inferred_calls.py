"""Calls of functions that the text defines and never calls. Runs in the worker.

Their arguments are guessed, so only errors that no argument mends are told: those of traced values.
"""

import ast
import contextlib
import inspect
import io
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp

from jax_workbench.tools.lint_jax_code.observing import lines_of
from jax_workbench.tools.lint_jax_code.source import Source

OF_TRACING = (
    jax.errors.ConcretizationTypeError,
    jax.errors.TracerArrayConversionError,
    jax.errors.TracerIntegerConversionError,
    jax.errors.NonConcreteBooleanIndexError,
    jax.errors.UnexpectedTracerError,
)
SHAPES = ((3,), (), (3, 3))
MAX_FUNCTIONS = 20
OF_A_KEY = ("key", "rng", "seed")


def call_the_uncalled(source: Source, names: dict[str, Any]) -> list[Exception]:
    """Errors of tracing that the uncalled functions raise with every guess at their arguments."""
    found: list[Exception] = []
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for name in [*uncalled(source.tree)][:MAX_FUNCTIONS]:
            error = refused(names.get(name))
            if error is not None:
                found.append(error)
    return found


def uncalled(tree: ast.Module) -> Iterator[str]:
    """Functions of the module level whose names are nowhere read."""
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name not in read:
            yield node.name
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            targets = [t.id for t in node.targets if isinstance(t, ast.Name)]
            loaded = [
                n.id
                for n in ast.walk(tree)
                if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
            ]
            yield from (t for t in targets if t not in loaded)


def refused(function: Any) -> Exception | None:
    """The error of tracing with which a function answers every guess; None where there is none."""
    if not callable(function) or inspect.isclass(function) or type(function).__name__ == "Array":
        return None
    errors: list[Exception] = []
    for shape in SHAPES:
        try:
            given = guessed(function, shape)
        except (TypeError, ValueError):
            return None
        try:
            function(*given)
        except Exception as error:  # noqa: BLE001 - what the guess is to blame for ends it
            if not is_of_tracing(error):
                return None
            errors.append(error)
        else:
            return None
    traced = next((error for error in errors if isinstance(error, OF_TRACING)), None)
    is_one = len({tuple(lines_of(error))[-1:] for error in errors}) == 1
    return traced if traced is not None and is_one and any(lines_of(traced)) else None


def is_of_tracing(error: Exception) -> bool:
    """Whether no value mends it: a traced one is asked for its number, or many for one truth."""
    return isinstance(error, OF_TRACING) or "truth value of an array" in str(error).lower()


def guessed(function: Callable[..., Any], shape: tuple[int, ...]) -> list[Any]:
    """Arguments for the parameters without a default."""
    parameters = inspect.signature(function).parameters.values()
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [
        guess(parameter, shape)
        for parameter in parameters
        if parameter.kind in positional and parameter.default is inspect.Parameter.empty
    ]


def guess(parameter: inspect.Parameter, shape: tuple[int, ...]) -> Any:
    """One argument, by what it is called and annotated."""
    if parameter.annotation in {int, "int"}:
        return 3
    if parameter.annotation in {bool, "bool"}:
        return True
    if any(word in parameter.name.lower() for word in OF_A_KEY):
        return jax.random.key(0)
    return 0.5 + jnp.arange(float(max(1, jnp.zeros(shape).size))).reshape(shape)
