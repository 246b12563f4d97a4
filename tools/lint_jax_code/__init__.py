"""lint_jax_code: JAX bugs found in the text, without running it."""

from typing import Annotated, Literal

from pydantic import Field

from jax_workbench.tools.contract import Answer, Ask, Part, Tool

Code = Annotated[str, Field(max_length=64)]
type Severity = Literal["error", "warning", "info"]


class LintJaxCodeAsk(Ask):
    """Find JAX bugs in Python code without running it.

    Tracer leaks and branches on traced values, random keys used twice, lost functional updates,
    side effects under jit, recompilation, wrong arguments of transformations, flax.nnx, optax,
    orbax and numpyro misuse, removed APIs. Reports what is proven. With confirm, the code runs in
    the sandbox to check the findings.
    """

    code: str = Field(min_length=1, max_length=400_000, description="Python source or notebook.")
    filename: str = Field(default="", max_length=400, description="Empty for a snippet.")
    select: tuple[Code, ...] = Field(
        default=(), max_length=150, description="Codes, names or families to report; [] is all."
    )
    ignore: tuple[Code, ...] = Field(default=(), max_length=150, description="Those to leave out.")
    min_severity: Severity = Field(default="warning", description="Least severity to report.")
    fix: Literal["none", "safe", "unsafe"] = Field(default="none", description="Give fixed_code.")
    confirm: bool = Field(default=False, description="Run the code to check the findings.")
    timeout_s: float = Field(
        default=60, gt=0, le=600, allow_inf_nan=False, description="Wall seconds for the call."
    )


class Related(Part):
    """Another place that belongs to a finding."""

    line: int
    column: int
    message: str


class TextEdit(Part):
    """Replace a span by a text."""

    line: int
    column: int
    end_line: int
    end_column: int
    new_text: str


class Mending(Part):
    """How to mend it; `display` is advice in words."""

    applicability: Literal["safe", "unsafe", "display"]
    title: str
    edits: tuple[TextEdit, ...]


class Finding(Part):
    """One bug; lines and columns from 1, in characters, the end exclusive."""

    code: str
    name: str
    severity: Severity
    message: str
    why: str
    line: int
    column: int
    end_line: int
    end_column: int
    related: tuple[Related, ...]
    fix: Mending | None
    evidence: Literal["static", "confirmed", "refuted", "not_checked"]
    docs: str


class Counts(Part):
    """Findings by severity, `min_severity` not applied."""

    error: int
    warning: int
    info: int


class Findings(Part):
    """What was found."""

    findings: tuple[Finding, ...]
    fixed_code: str | None
    counts: Counts


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
