"""Rewriting of formatted text."""

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.analysis import Analysis


def f_string_as_format(lint: "Analysis", node: ast.expr) -> str | None:
    """The arguments of a formatting call that say what an f-string says; None if it can't be."""
    if not isinstance(node, ast.JoinedStr):
        return None
    text, values = "", list[str]()
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += str(part.value).replace("{", "{{").replace("}", "}}")
        elif isinstance(part, ast.FormattedValue) and part.conversion == -1:
            spec = (
                "".join(
                    str(c.value) for c in ast.walk(part.format_spec) if isinstance(c, ast.Constant)
                )
                if part.format_spec is not None
                else ""
            )
            text += f"{{:{spec}}}" if spec else "{}"
            values.append(lint.text(part.value))
        else:
            return None
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    return ", ".join([quoted, *values])
