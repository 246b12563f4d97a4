"""A NumPy or math function is called on a traced value.

## Why is this bad?
NumPy and math need numbers; a tracer raises TracerArrayConversionError or
ConcretizationTypeError, under grad as well.

## Use instead
The function of the same name in jax.numpy.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import (
    is_differentiated_array,
    is_guarded,
    replaced,
)
from jax_workbench.tools.lint_jax_code.engine.canonical import JNP_STATIC
from jax_workbench.tools.lint_jax_code.engine.events import Call, StoreIndex
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule
from jax_workbench.tools.lint_jax_code.engine.surface import is_absent, signature
from jax_workbench.tools.lint_jax_code.engine.values import Value, traced_of
from jax_workbench.tools.lint_jax_code.engine.well_known import HANDED_ON

FOREIGN = ("scipy.", "sklearn.", "skimage.", "cv2.", "pandas.")
HARMLESS = frozenset(
    ("dtype", "ndim", "shape", "size", "iterable", "broadcast_shapes", "result_type", "isscalar")
)
GATHERING = frozenset(("array", "asarray", "stack", "concatenate", "vstack", "hstack"))
ABSENT = frozenset(
    ("testing", "asanyarray", "ascontiguousarray", "copyto", "fix", "save", "savez", "vectorize")
)
SAME_IN_MATH = frozenset(
    (
        "sin",
        "cos",
        "tan",
        "exp",
        "log",
        "log2",
        "log10",
        "log1p",
        "expm1",
        "sqrt",
        "tanh",
        "sinh",
        "cosh",
        "floor",
        "ceil",
        "hypot",
        "isnan",
        "isinf",
        "isfinite",
    )
)


def check(event: Call) -> Iterator[Found]:
    """Report numpy.* and math.* with a traced argument."""
    module, _, word = event.name.rpartition(".")
    if event.name.startswith(FOREIGN):
        yield from of_foreign(event, word)
        return
    if not event.name.startswith(("numpy.", "math.")) or word in HARMLESS or "random" in module:
        return
    if (
        word in JNP_STATIC
        or (module == "numpy" and word in HANDED_ON)
        or not any(is_numeric(event, value) for value in event.args)
    ):
        return
    raised = "ConcretizationTypeError" if module == "math" else "TracerArrayConversionError"
    other = f"jnp.{word}"
    yield Found(
        event.node,
        f"{event.name} can't take a traced value: {raised}. Use {other}.",
        fix=mended(event, module, word),
    )


def check_store(event: StoreIndex) -> Iterator[Found]:
    """Report traced values that are stored in NumPy arrays."""
    if event.base.kind == "numpy" and is_differentiated_array(event, event.value):
        yield Found(
            event.node,
            "A NumPy array can't hold a traced value: TracerArrayConversionError or ValueError."
            " Make it with jnp and write with .at[...].set.",
        )


def of_foreign(event: Call, word: str) -> Iterator[Found]:
    """Report functions of other libraries that compute with NumPy."""
    if any(v.kind == "array" and is_differentiated_array(event, v) for v in event.args):
        other = f"jax.{event.name}" if not is_absent(f"jax.{event.name}") else ""
        known = other.startswith("jax.scipy.") and signature(other) is not None
        yield Found(
            event.node,
            f"{event.name} can't take a traced value: TracerArrayConversionError. Use"
            f" {other if known else f'a function of JAX, or jax.pure_callback around {word}'}.",
        )


def is_numeric(event: Call, value: Value) -> bool:
    """Whether NumPy would ask the value for numbers."""
    if is_differentiated_array(event, value):
        return True
    gathers = event.name.rpartition(".")[2] in GATHERING
    return (
        gathers
        and value.kind in {"list", "tuple"}
        and traced_of(value) > 0
        and (not is_guarded(event))
    )


def mended(event: Call, module: str, word: str) -> Fix | None:
    """The same function of jax.numpy."""
    if module not in {"numpy", "math"} or word in ABSENT:
        return None
    if module == "math" and word not in SAME_IN_MATH:
        return None
    edit = replaced(event.lint, event.node.func, f"jnp.{word}")
    return Fix("safe", f"Use jnp.{word}", (edit,), ("import jax.numpy as jnp",))


RULE = Rule(
    "JAX107",
    "numpy-call-on-tracer",
    "error",
    ((Call, check), (StoreIndex, check_store)),
    confirm="trace",
    calls=(*FOREIGN, "numpy.", "math."),
    page=__doc__ or "",
)
