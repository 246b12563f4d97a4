"""A model given as Python source that defines f(x, *params). Runs in the worker."""

import ast
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import jax
import jax.numpy as jnp

from jax_workbench.tools.common.guarded_text import message_of, type_name
from jax_workbench.tools.common.user_code import execute, new_module, parse
from jax_workbench.tools.common.user_traceback import user_line
from jax_workbench.tools.errors import ToolError

FILENAME = "<model>"
TRACEABLE = {"numpy": "jax.numpy", "math": "jax.numpy", "scipy.special": "jax.scipy.special"}
"""Modules whose functions cannot be differentiated, and the ones of the same names that can."""


class ModelRaised(Exception):
    """The user's function raised, or gave something else than one number for each row."""

    def __init__(self, code: str, message: str, fix: str) -> None:
        """`code` is that of a reason."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.fix = fix


@dataclass(frozen=True)
class PythonModel:
    """The user's `f`, with the names of its parameters."""

    source: str
    function: Any
    parameters: tuple[str, ...]
    n_predictors: int
    replaced: tuple[str, ...]
    """Imports that were turned to JAX."""

    def __call__(self, x: Sequence[jax.Array], parameters: Sequence[jax.Array]) -> jax.Array:
        """Value at `x`, shape (n,); several predictors go in as an array (predictors, n).

        Raises:
            ModelRaised: With the line of the model.
        """
        predictor = x[0] if self.n_predictors == 1 else jnp.stack(x)
        try:
            value = jnp.asarray(self.function(predictor, *parameters), dtype=float)
        except Exception as error:  # noqa: BLE001 - the user's code may raise anything
            raise raised_by(error) from None
        n = x[0].shape
        if value.shape not in {n, ()}:
            raise ModelRaised(
                "length_mismatch",
                f"f returned shape {list(value.shape)} for {n[0]} rows; expected [{n[0]}].",
                "Return one value for each entry of x.",
            )
        return jnp.broadcast_to(value, n)


def is_source(text: str) -> bool:
    """Whether `text` is Python source rather than a formula."""
    return "def f(" in text or "f = lambda" in text or "f=lambda" in text


def load_python(source: str, n_predictors: int) -> PythonModel:
    """Run the source and take its `f`.

    Raises:
        ToolError: `user_code_failed`, or `bad_argument` where there is no usable `f`.
    """
    tree = parse(source, FILENAME)
    visitor = Traceable()
    tree = ast.fix_missing_locations(visitor.visit(tree))
    module = new_module(FILENAME, FILENAME)
    execute(tree, module, FILENAME)
    function = vars(module).get("f")
    if not callable(function):
        raise ToolError(
            "bad_argument", "model: the source defines no function f.", "Define f(x, a, b, ...)."
        )
    names = [
        parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind in {parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD}
        and parameter.default is parameter.empty
    ]
    if len(names) < 2:  # noqa: PLR2004 - x and at least one parameter
        raise ToolError(
            "bad_argument",
            f"model: f takes {names}, so there is no parameter to fit.",
            "Name each parameter: def f(x, a, b).",
        )
    if not takes_tangents(function, n_predictors, len(names) - 1):
        function = through_reverse_mode(function)
    return PythonModel(source, function, tuple(names[1:]), n_predictors, tuple(visitor.replaced))


def takes_tangents(function: Callable[..., Any], n_predictors: int, n_parameters: int) -> bool:
    """Whether forward mode passes; a custom_vjp inside, as of `odeint`, refuses it."""
    n_rows = 8
    x = jnp.ones((n_rows,) if n_predictors == 1 else (n_predictors, n_rows))
    at = (x, *[jnp.ones(())] * n_parameters)

    def pushed(*tangents: jax.Array) -> Any:
        return jax.jvp(function, at, tangents)

    try:
        # Such a rule is refused when it is lowered, not when it is traced.
        jax.jit(pushed).lower(*at)
    except TypeError as error:
        return "custom_vjp" not in message_of(error)
    except Exception:  # noqa: BLE001 - what is wrong with f is told where it is called
        return True
    return True


def through_reverse_mode(function: Callable[..., Any]) -> Callable[..., jax.Array]:
    """The same function, whose tangents come from its pullback: one for each row."""

    @jax.custom_jvp
    def call(*arguments: jax.Array) -> jax.Array:
        return function(*arguments)

    def tangent_of(
        primals: tuple[jax.Array, ...], tangents: tuple[jax.Array, ...]
    ) -> tuple[jax.Array, jax.Array]:
        value, pull = cast("tuple[jax.Array, Any]", jax.vjp(function, *primals))
        rows = jnp.eye(value.size).reshape(value.size, *value.shape)
        along = [
            jnp.tensordot(slope, tangent, tangent.ndim)
            for slope, tangent in zip(jax.vmap(pull)(rows), tangents, strict=True)
        ]
        return value, sum(along, jnp.zeros(value.size)).reshape(value.shape)

    call.defjvp(tangent_of)
    return call


class Traceable(ast.NodeTransformer):
    """Turns imports of NumPy, math and scipy.special into those of their JAX counterparts."""

    def __init__(self) -> None:
        """Nothing replaced yet."""
        self.replaced: list[str] = []

    def visit_Import(self, node: ast.Import) -> ast.AST:
        """`import numpy as np`."""
        for alias in node.names:
            if alias.name in TRACEABLE and (alias.asname or "." not in alias.name):
                alias.asname = alias.asname or alias.name
                self.replaced.append(alias.name)
                alias.name = TRACEABLE[alias.name]
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        """`from numpy import exp`."""
        if node.module in TRACEABLE:
            self.replaced.append(node.module)
            node.module = TRACEABLE[node.module]
        return node


def raised_by(error: Exception) -> ModelRaised:
    """What the user must know of an exception inside `f`."""
    line = user_line(error, (FILENAME,))
    name = type_name(error)
    where = f" in line {line}" if line else ""
    if "Tracer" in name or "Concretization" in name:
        message = f"f cannot be traced by JAX{where} ({name})."
        fix = "Use jax.numpy, jnp.where instead of if, and no float() or loops on values of x."
    else:
        message = f"f raised {name}{where}: {message_of(error)[:300]}"
        fix = f"Mend line {line} of the model." if line else "Mend the model."
    return ModelRaised("model_raised", message, fix)
