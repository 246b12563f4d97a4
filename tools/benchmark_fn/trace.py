"""From one variant's text to an exported program. Runs in a worker of its own."""

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import export

from jax_workbench.tools.benchmark_fn.make_inputs import call_make_inputs
from jax_workbench.tools.benchmark_fn.messages import PROGRAM, Draw, TraceAsk, Traced
from jax_workbench.tools.common.guarded_text import message_of, shorten, type_name
from jax_workbench.tools.common.user_code import as_tool_error, load_module
from jax_workbench.tools.contract import Job
from jax_workbench.tools.errors import ToolError

TREES: Any = jax.tree_util
"""Partly untyped."""
MAX_PATH = 400
MAX_LEAVES = 4096


def run(argument: dict[str, Any], job: Job) -> dict[str, Any]:
    """Export one variant: saves the program, returns what goes in and out of it.

    Raises:
        ToolError: `user_code_failed` where the code raises, `unsupported` where the trace cannot
            leave this process.
    """
    ask = TraceAsk.model_validate(argument)
    lay_out_files(job)
    job.progress(f"{ask.name}: running the module")
    fn = find_function(ask)
    arguments = example_arguments(ask)
    job.progress(f"{ask.name}: tracing")
    program, traced = export_program(fn, arguments, ask)
    job.save(PROGRAM, program, "application/octet-stream")
    return traced.model_dump()


def lay_out_files(job: Job) -> None:
    """Write the call's files where user code looks for them."""
    for name, content in job.blobs.items():
        path = Path("inputs") / Path(name).name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)


def find_function(ask: TraceAsk) -> Callable[..., Any]:
    """Run the variant's module and pick its function."""
    names = vars(load_module(ask.code, ask.name))
    fn = names.get(ask.fn)
    if callable(fn):
        return fn
    defined = [name for name, value in names.items() if callable(value) and name[0] != "_"]
    found = f"{ask.fn} is a {type_name(fn)}" if ask.fn in names else f"no {ask.fn} is defined"
    raise ToolError(
        "user_code_failed",
        f"Variant {ask.name}: {found}; callables in it: {', '.join(defined[:10]) or 'none'}.",
        "Define the function to time, or name it in the variant's `fn`.",
    )


def example_arguments(ask: TraceAsk) -> tuple[Any, ...]:
    """Arguments to trace with: shapes alone where they are drawn, else those of `make_inputs`."""
    if ask.make_inputs:
        return call_make_inputs(ask.make_inputs, (ask.seed,), ask.sizes)[0]
    return tuple(abstract(draw) for draw in ask.draws)


def abstract(draw: Draw) -> jax.ShapeDtypeStruct:
    """Shape and dtype of an argument that the timer will draw."""
    dtype = jax.random.key(0).dtype if draw.dtype == "key" else jnp.dtype(draw.dtype)
    return jax.ShapeDtypeStruct(draw.shape, dtype)


def export_program(
    fn: Callable[..., Any], arguments: tuple[Any, ...], ask: TraceAsk
) -> tuple[bytes, Traced]:
    """Trace `fn` as a flat program and serialise it.

    Both sides are flattened, since an export knows no tree beyond dict, list and tuple.
    """
    paths, leaves, tree = flatten(arguments, "args")
    target = value_and_gradient(fn, leaves, tree, ask.name) if ask.backward else fn
    out_paths: list[str] = []

    def flat(*flat_arguments: Any) -> list[Any]:
        out = target(*TREES.tree_unflatten(tree, flat_arguments))
        out_paths[:], values, _ = flatten(out, "result")
        return values

    jitted = jax.jit(flat)
    specs = [aval(leaf, path) for leaf, path in zip(leaves, paths, strict=True)]
    files = (f"<{ask.name}>",)
    started = time.perf_counter()
    try:
        jitted.trace(*specs)
    except ToolError:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever the user's code raises is its answer
        raise as_tool_error(error, files) from None
    traced_at = time.perf_counter()
    # The trace is found in jit's cache, so this is the lowering alone.
    program = lower(jitted, specs, ask.name)
    return program, Traced(
        in_paths=tuple(paths),
        out_paths=tuple(out_paths),
        trace_s=traced_at - started,
        lower_s=time.perf_counter() - traced_at,
    )


def lower(jitted: Any, specs: Sequence[jax.ShapeDtypeStruct], name: str) -> bytes:
    """Lower a traced function for this platform and serialise it."""
    try:
        return bytes(export.export(jitted)(*specs).serialize())
    except Exception as error:  # noqa: BLE001 - whatever stops the export is the answer
        raise ToolError(
            "unsupported",
            f"Variant {name} can't leave the process that traced it: "
            f"{type_name(error)}: {shorten(message_of(error), 500)}.",
            "Take out host callbacks (jax.debug.print, pure_callback, io_callback), or use mode "
            '"as_called".',
        ) from None


def flatten(tree: Any, root: str) -> tuple[list[str], list[Any], Any]:
    """Paths such as `args[0]['w']`, leaves, and the tree; refuses leaves that are no numbers."""
    found, structure = TREES.tree_flatten_with_path(tree)
    paths = [shorten(root + TREES.keystr(path), MAX_PATH) for path, _ in found]
    wrong = [
        f"{path} is a {type_name(leaf)}"
        for path, (_, leaf) in zip(paths, found, strict=True)
        if not is_numeric(leaf)
    ]
    if wrong or len(found) > MAX_LEAVES:
        raise ToolError(
            "user_code_failed",
            f"{'; '.join(wrong[:5])}; expected arrays and numbers."
            if wrong
            else f"{root} has {len(found)} leaves; at most {MAX_LEAVES} can be timed.",
            "Return arrays, computed when the function returns."
            if root == "result"
            else "Pass arrays and numbers; put everything else into the code.",
        )
    return paths, [leaf for _, leaf in found], structure


def is_numeric(leaf: Any) -> bool:
    """Whether JAX takes `leaf` as an array without asking its class."""
    # By exact bases: an object whose __jax_array__ computes late is no array.
    numbers = (jax.Array, jax.ShapeDtypeStruct, np.ndarray, np.generic, bool, int, float, complex)
    return isinstance(leaf, numbers)


def aval(leaf: Any, path: str) -> jax.ShapeDtypeStruct:
    """Shape, dtype and weakness of one argument."""
    if isinstance(leaf, jax.ShapeDtypeStruct):
        return leaf
    try:
        kind: Any = jax.typeof(leaf)
        return jax.ShapeDtypeStruct(kind.shape, kind.dtype, weak_type=kind.weak_type)
    except (TypeError, OverflowError) as error:
        raise ToolError(
            "user_code_failed",
            f"{path}: {shorten(message_of(error), 300)}.",
            "Make arguments of numeric arrays that fit JAX's dtypes.",
        ) from None


def value_and_gradient(
    fn: Callable[..., Any], leaves: Sequence[Any], tree: Any, name: str
) -> Callable[..., Any]:
    """`fn` and its gradient by every floating-point leaf of its arguments."""
    moving = [i for i, leaf in enumerate(leaves) if is_inexact(leaf)]
    if not moving:
        raise ToolError(
            "bad_argument",
            "backward is set, and no argument is floating-point.",
            "Pass at least one floating-point argument, or leave backward out.",
        )

    def both(*arguments: Any) -> Any:
        held = tree.flatten_up_to(arguments)

        def scalar(parts: list[Any]) -> Any:
            whole = list(held)
            for i, part in zip(moving, parts, strict=True):
                whole[i] = part
            out = fn(*TREES.tree_unflatten(tree, whole))
            if not is_numeric(out) or math.prod(jnp.shape(out)) != 1 or not is_real(out):
                raise ToolError(
                    "user_code_failed",
                    f"Variant {name} returns {described(out)}; backward needs one real number.",
                    "Return a loss, for example `.sum()` of the result.",
                )
            return jnp.reshape(out, ())

        return jax.value_and_grad(scalar)([held[i] for i in moving])

    return both


def is_inexact(leaf: Any) -> bool:
    """Whether a leaf can be differentiated by."""
    dtype = leaf.dtype if hasattr(leaf, "dtype") else jnp.result_type(leaf)
    return jnp.issubdtype(dtype, jnp.floating)


def is_real(out: Any) -> bool:
    """Whether an output is floating-point and not complex."""
    return jnp.issubdtype(jnp.result_type(out), jnp.floating)


def described(out: Any) -> str:
    """An output by shape and dtype, or by type."""
    if is_numeric(out):
        return f"{jnp.result_type(out)}{list(jnp.shape(out))}"
    return f"a {type_name(out)}"
