"""One page for each rule of the linter, written from the rule itself. Server only."""

from dataclasses import dataclass
from functools import cache

SCHEME = "workbench://lint/"
CONFIRMED_BY = {
    "trace": "tracing the code with abstract values",
    "key_reuse": "tracing with typed keys that may be used once",
    "leak": "running under JAX's leak checker",
    "compiles": "counting compilations",
    "gradient": "evaluating the gradient",
    "run": "running the code",
    "none": "",
}
SYNTAX_ERROR = (
    "# JAX000: syntax-error\n\nThe text does not parse as Python. What stands before the error was "
    "linted; mend it and lint again.\n"
)
WHEN_RUN = (
    (
        "JAX002",
        "raises-when-run",
        "error",
        "With `confirm`: a library raises here.",
        (
            "the text was run as it stands, and JAX or a library on it raised on this line, or an "
            "object of theirs was used as it cannot be. The message is the library's own. Errors "
            "for want of a module, a file, memory or a device are not told. Functions that nothing "
            "calls are called with guessed arguments; of them only errors of traced values are "
            "told."
        ),
    ),
    (
        "JAX003",
        "reuses-a-key-when-run",
        "error",
        "With `confirm`: JAX's own checker of keys stops here.",
        "the text was run with typed keys under `jax.debug_key_reuse`, and a key was used twice.",
    ),
    (
        "JAX004",
        "warns-when-run",
        "warning",
        "With `confirm`: JAX or a library on it warns here.",
        (
            "the text was run, and a library warned of this line: a dtype that is not available, "
            "sites that fit no plate, buffers that cannot be donated."
        ),
    ),
    (
        "JAX005",
        "gradient-nan-or-zero-when-run",
        "warning",
        "With `confirm`: a gradient is nan at finite arguments, or zero everywhere.",
        (
            "a gradient that the text evaluates is nan where all arguments are finite (the finding "
            "stands where the first infinite value comes from), or zero whatever the arguments are."
        ),
    ),
    (
        "JAX006",
        "compiles-again-when-run",
        "warning",
        "With `confirm`: one line compiles a function five times.",
        (
            "the text was run, and a function was traced five times from this line: shapes that "
            "change, functions made anew, or Python numbers as static arguments."
        ),
    ),
)


@dataclass(frozen=True)
class RulePage:
    """One rule, for a reader."""

    code: str
    severity: str
    headline: str
    text: str


@cache
def rule_pages() -> dict[str, RulePage]:
    """Every page by its code, in the order of the codes."""
    # Imported where they are read: a client that starts the server on stdio waits for it.
    from jax_workbench.tools.lint_jax_code.linting import UNUSED  # noqa: PLC0415
    from jax_workbench.tools.lint_jax_code.rules import all_rules  # noqa: PLC0415

    broken = RulePage("JAX000", "error", "The text does not parse as Python.", SYNTAX_ERROR)
    pages = {broken.code: broken}
    for code, name, severity, headline, said in WHEN_RUN:
        text = f"# {code}: {name}\n\nOnly with `confirm`: {said}\n"
        pages[code] = RulePage(code, severity, headline, text)
    for rule in (UNUSED, *all_rules()):
        how = CONFIRMED_BY[rule.confirm]
        confirmed = f" `confirm` checks it by {how}." if how else ""
        head = f"# {rule.code}: {rule.name}\n\nSeverity: {rule.severity}.{confirmed} "
        text = f"{head}Suppress a line with `# noqa: {rule.code}`.\n\n{rule.page.strip()}\n"
        pages[rule.code] = RulePage(rule.code, rule.severity, rule.headline, text)
    return pages


def rule_page_at(uri: str) -> RulePage | None:
    """The page at `uri`; None for any other address."""
    if not uri.startswith(SCHEME):
        return None
    return rule_pages().get(uri.removeprefix(SCHEME))


def rule_table() -> str:
    """All rules as a page of the documentation."""
    rows = [f"| {p.code} | {p.severity} | {p.headline} |" for p in rule_pages().values()]
    head = (
        "# Rules of lint_jax_code\n\nWritten from the rules by `make records`. Each has a page of "
        "its own at `workbench://lint/{code}`.\n\n| code | severity | finds |\n| --- | --- | --- |"
    )
    return "\n".join([head, *rows, ""])
