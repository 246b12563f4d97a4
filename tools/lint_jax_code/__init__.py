"""lint_jax_code: JAX bugs found in the text, without running it."""

from typing import Any, Literal

from pydantic import Field

from jax_workbench.tools.common.lean_arguments import without_default
from jax_workbench.tools.contract import Answer, Ask, Part, Tool

type Severity = Literal["error", "warning", "info"]


class LintJaxCodeAsk(Ask):
    """Find JAX bugs in Python code without running it.

    Tracing errors, key reuse, lost updates, recompilation, nnx, optax misuse, removed APIs.
    """

    code: str = Field(min_length=1, max_length=400_000, description="Python.")
    filename: str = Field(
        default="", max_length=400, description="If any.", json_schema_extra=without_default
    )
    select: tuple[str, ...] = Field(
        default=(), max_length=150, description="Codes.", json_schema_extra=without_default
    )
    ignore: tuple[str, ...] = Field(
        default=(), max_length=150, description="Codes.", json_schema_extra=without_default
    )
    min_severity: Severity = Field(default="warning", description="Least.")
    fix: Literal["none", "safe", "unsafe"] = Field(default="none", description="Apply.")
    confirm: bool = Field(default=False, description="Run it too.")
    timeout_s: float = Field(default=60, gt=0, le=600, allow_inf_nan=False, description="Limit.")


class Finding(Part):
    """One bug; lines and columns from 1, in characters, the end exclusive.

    `related`: {line, column, message} each; `fix`: {applicability, title, edits: [{line, column,
    end_line, end_column, new_text}]}.
    """

    code: str
    name: str
    severity: Severity
    message: str
    why: str
    line: int
    column: int
    end_line: int
    end_column: int
    related: tuple[dict[str, Any], ...]
    fix: dict[str, Any] | None
    evidence: Literal["static", "confirmed", "refuted", "not_checked"]
    docs: str


class Findings(Part):
    """What was found."""

    findings: tuple[Finding, ...]
    fixed_code: str | None
    counts: dict[str, int]


class LintJaxCodeAnswer(Answer):
    """What is wrong with the code."""

    status: Literal["clean", "findings", "syntax_error", "running"]
    result: Findings | None = None


TOOL = Tool(
    name="lint_jax_code",
    title="Lint JAX code",
    ask=LintJaxCodeAsk,
    answer=LintJaxCodeAnswer,
    plan="jax_workbench.tools.lint_jax_code.plan:plan",
    bad_statuses=frozenset(("findings", "syntax_error")),
)
