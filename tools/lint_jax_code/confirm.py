"""Runs the code with probes and says which findings it bears out. Runs in a worker of its own.

The whole text is run once, line by line of its module level: an error that a finding predicts, on
a line of the finding, confirms it. Key reuse is checked by JAX's own checker, with raw keys made
typed. What the text does not reach is not checked.
"""

import ast
import contextlib
import io
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

import jax

from jax_workbench.tools.contract import Job
from jax_workbench.tools.lint_jax_code.engine.rule import Rule
from jax_workbench.tools.lint_jax_code.rules import all_rules
from jax_workbench.tools.lint_jax_code.source import Source

NAME = "<linted>"
RAISING = frozenset(("trace", "run", "leak"))
KEYS = "key_reuse"


def run(argument: Mapping[str, Any], job: Job) -> dict[str, Any]:
    """Verdicts on `argument["findings"]`, in their order."""
    job.progress("running the code with probes")
    rules = {rule.code: rule for rule in all_rules()}
    found: list[dict[str, Any]] = argument["findings"]
    source = Source(argument["code"])
    probes = {rule.confirm for f in found if (rule := rules.get(f["code"])) is not None}
    raised: list[set[int]] = []
    if probes & RAISING:
        with jax.checking_leaks() if probes == {"leak"} else contextlib.nullcontext():
            raised = lines_that_raise(source)
    reused: list[set[int]] = []
    if KEYS in probes:
        jax.config.update("jax_enable_custom_prng", True)
        with jax.debug_key_reuse(True):
            reused = lines_that_raise(source, only=jax.errors.KeyReuseError)
    return {"evidence": [verdict(f, rules, raised, reused) for f in found]}


def verdict(
    finding: Mapping[str, Any],
    rules: Mapping[str, Rule],
    raised: list[set[int]],
    reused: list[set[int]],
) -> str:
    """`confirmed` where the predicted error came from the finding's lines."""
    rule = rules.get(finding["code"])
    if rule is None or rule.confirm not in RAISING | {KEYS}:
        return "not_checked"
    lines = set(range(finding["line"], finding["end_line"] + 1))
    errors = reused if rule.confirm == KEYS else raised
    return "confirmed" if any(lines & stack for stack in errors) else "not_checked"


def lines_that_raise(source: Source, only: type[Exception] = Exception) -> list[set[int]]:
    """Run the statements one after the other; the lines of the text in each error's traceback."""
    names: dict[str, Any] = {"__name__": "__main__"}
    found: list[set[int]] = []
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for statement in source.tree.body:
            module = ast.Module(body=[statement], type_ignores=[])
            try:
                exec(compile(module, NAME, "exec"), names)  # noqa: S102 - what the job is for
            except only as error:
                found.append({*lines_of(error)})
            except Exception:  # noqa: BLE001, S112 - another error says nothing of this probe
                continue
    return found


def lines_of(error: BaseException) -> Iterator[int]:
    """Lines of the text that an error passed through."""
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == NAME and frame.lineno is not None:
            yield frame.lineno
