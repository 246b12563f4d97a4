"""Runs code as a notebook runs a cell: the last expression is the value. Runs in the worker."""

import ast
import linecache
import sys
from typing import cast

import jax

from jax_workbench.tools.common.user_code import as_tool_error, execute, new_module, parse

FILENAME = "<code>"
NO_VALUE = object()
"""What a cell without a value returns."""
NAME_OF_VALUE = "<value>"
"""A name that no code can write, so it hides none of the user's."""


def run_cell(code: str) -> object:
    """Run `code` as `__main__`, wait for all it started, and return its last expression's value.

    NO_VALUE where the last statement is no expression or ends with a semicolon, and where the code
    exits with success.

    Raises:
        ToolError: `user_code_failed` or `out_of_memory`, with the user's own lines.
    """
    tree = parse(code, FILENAME)
    keep_value(tree)
    module = new_module("__main__", FILENAME)
    sys.argv = [FILENAME]
    try:
        execute(tree, module, FILENAME)
    except SystemExit as error:
        if not is_success(error):
            raise as_tool_error(error, (FILENAME,)) from None
    finish()
    return vars(module).pop(NAME_OF_VALUE, NO_VALUE)


def keep_value(tree: ast.Module) -> None:
    """Turn a last expression into an assignment, unless a semicolon says that it is not wanted."""
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr) or last.end_lineno is None:
        return
    rest = linecache.getline(FILENAME, last.end_lineno).encode()[last.end_col_offset :]
    if rest.lstrip().startswith(b";"):
        return
    kept = ast.Assign([ast.Name(NAME_OF_VALUE, ast.Store())], last.value)
    tree.body[-1] = ast.fix_missing_locations(ast.copy_location(kept, last))


def is_success(error: SystemExit) -> bool:
    """Whether the code ended itself as programs do that have succeeded."""
    status: object = vars(SystemExit)["code"].__get__(error)
    return status is None or (type(status) in {int, bool} and status == 0)


def finish() -> None:
    """Wait for what runs in the background, so that its errors and prints are the code's own."""
    try:
        jax.effects_barrier()
        for array in cast("list[jax.Array]", jax.live_arrays()):
            if not array.is_deleted():
                array.block_until_ready()
    except BaseException as error:  # noqa: BLE001 - whatever the user's code raises is its answer
        raise as_tool_error(error, (FILENAME,)) from None
