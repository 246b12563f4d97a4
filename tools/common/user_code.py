"""The user's text as a module: parsed, its lines registered, run. Runs in the worker."""

import ast
import io
import linecache
import sys
from collections.abc import Sequence
from types import ModuleType

from jax_workbench.tools.common.failure_hints import hint_for
from jax_workbench.tools.common.guarded_text import message_of, type_name
from jax_workbench.tools.common.user_traceback import user_line, user_traceback
from jax_workbench.tools.errors import ToolError

__all__ = ["as_tool_error", "execute", "load_module", "new_module", "parse", "user_traceback"]


def load_module(code: str, name: str) -> ModuleType:
    """Run `code` as a module of its own; its file and its `__name__` are `<name>`.

    Raises:
        ToolError: `user_code_failed` or `out_of_memory`, with the user's own lines.
    """
    filename = f"<{name}>"
    tree = parse(code, filename)
    module = new_module(filename, filename)
    try:
        execute(tree, module, filename)
    except SystemExit as error:
        raise as_tool_error(error, (filename,)) from None
    return module


def parse(code: str, filename: str) -> ast.Module:
    """Parse `code`, and let tracebacks and `inspect.getsource` find its lines under `filename`.

    Raises:
        ToolError: `user_code_failed`, with the line and a caret.
    """
    # As the parser splits: at newlines only, not at form feeds or Unicode's separators.
    lines = io.StringIO(code, newline=None).readlines()
    linecache.cache[filename] = (len(code), None, lines, filename)
    try:
        tree = ast.parse(code, filename)
        # Some errors, such as a return outside a function, appear only here.
        compile(tree, filename, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise as_tool_error(error.with_traceback(None), (filename,)) from None
    except (RecursionError, MemoryError) as error:
        raise ToolError(
            "user_code_failed",
            f"{type_name(error)}: the code is nested too deeply for Python's parser.",
            "Split deep expressions into statements; make big tables in a loop.",
        ) from None
    return tree


def new_module(name: str, filename: str) -> ModuleType:
    """Make an empty module, registered so that pickle and dataclasses find what it defines."""
    module = ModuleType(name)
    module.__file__ = filename
    sys.modules[name] = module
    return module


def execute(tree: ast.Module, module: ModuleType, filename: str) -> None:
    """Run `tree` in `module`.

    Raises:
        ToolError: `user_code_failed` or `out_of_memory`. SystemExit passes through.
    """
    try:
        exec(compile(tree, filename, "exec", dont_inherit=True), vars(module))  # noqa: S102
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever the user's code raises is its answer
        raise as_tool_error(error, (filename,)) from None


def as_tool_error(error: BaseException, filenames: Sequence[str]) -> ToolError:
    """Make the answer for code in `filenames` that raised `error`."""
    cause = user_traceback(error, filenames)
    if is_out_of_memory(error):
        return out_of_memory(cause)
    line = user_line(error, filenames)
    again = f"Mend line {line} and call again." if line else "Mend the code and call again."
    return ToolError("user_code_failed", cause, hint_for(error) or again)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether Python, NumPy or XLA could not allocate."""
    if isinstance(error, MemoryError):
        return True
    if type_name(error) not in {"XlaRuntimeError", "JaxRuntimeError"}:
        return False
    # The second is how a callback's own failure comes through XLA.
    said = message_of(error)
    return "RESOURCE_EXHAUSTED" in said or "MemoryError: " in said


def out_of_memory(cause: str) -> ToolError:
    """Make the answer for a job that may hold no more memory."""
    return ToolError(
        "out_of_memory",
        cause,
        "Use smaller arrays, work in chunks, or free what is no longer needed.",
    )
