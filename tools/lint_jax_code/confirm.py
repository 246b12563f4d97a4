"""Runs the code with probes and says which findings it bears out. Runs in a worker of its own.

The whole text is run once, line by line of its module level: an error that a finding predicts, on
a line of the finding, confirms it. Key reuse is checked by JAX's own checker, with raw keys made
typed. What the text does not reach is not checked. The first error that a library raises is told
too, whether a finding predicts it or not.
"""

import ast
import contextlib
import io
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax

from jax_workbench.tools.common.guarded_text import message_of, shorten, type_name
from jax_workbench.tools.contract import Job
from jax_workbench.tools.lint_jax_code.engine.rule import Rule
from jax_workbench.tools.lint_jax_code.rules import all_rules
from jax_workbench.tools.lint_jax_code.source import Source

NAME = "<linted>"
RAISING = frozenset(("trace", "run", "leak"))
KEYS = "key_reuse"
LIBRARIES = frozenset(("jax", "jaxlib", "flax", "optax", "numpyro", "orbax", "nlsq"))
"""Folders of a path."""
OF_THE_HOST = ("device", "backend", "platform", "out of memory")
"""Words in the messages of errors that another host would not raise."""


@dataclass(frozen=True)
class Raised:
    """An error, and the lines of the text that it passed through, the innermost last."""

    error: Exception
    lines: tuple[int, ...]

    def is_of_a_library(self) -> bool:
        """Whether code of JAX or of a library on it raised, and not for want of a device."""
        frames = traceback.extract_tb(self.error.__traceback__)
        innermost = Path(frames[-1].filename).parts if frames else ()
        is_missing = isinstance(self.error, ImportError | OSError | MemoryError)
        text = message_of(self.error).lower()
        return (
            bool(LIBRARIES.intersection(innermost))
            and not is_missing
            and not any(word in text for word in OF_THE_HOST)
        )


def run(argument: Mapping[str, Any], job: Job) -> dict[str, Any]:
    """`evidence`: verdicts on `argument["findings"]`, in their order; `raised`: the first error."""
    job.progress("running the code with probes")
    rules = {rule.code: rule for rule in all_rules()}
    found: list[dict[str, Any]] = argument["findings"]
    source = Source(argument["code"])
    probes = {rule.confirm for f in found if (rule := rules.get(f["code"])) is not None}
    jax.config.update("jax_traceback_filtering", "off")
    with jax.checking_leaks() if probes == {"leak"} else contextlib.nullcontext():
        raised = errors_of(source)
    reused: list[Raised] = []
    if KEYS in probes:
        jax.config.update("jax_enable_custom_prng", True)
        with jax.debug_key_reuse(True):
            reused = errors_of(source, only=jax.errors.KeyReuseError)
    first = next((r for r in raised if r.lines and r.is_of_a_library()), None)
    return {
        "evidence": [verdict(f, rules, raised, reused) for f in found],
        "raised": told(first) if first is not None else None,
    }


def told(raised: Raised) -> dict[str, Any]:
    """An error as JSON."""
    message = shorten(" ".join(message_of(raised.error).split()), 300)
    return {
        "lines": list(raised.lines),
        "text": f"{type_name(raised.error)}: {message}",
    }


def verdict(
    finding: Mapping[str, Any],
    rules: Mapping[str, Rule],
    raised: list[Raised],
    reused: list[Raised],
) -> str:
    """`confirmed` where the predicted error came from the finding's lines."""
    rule = rules.get(finding["code"])
    if rule is None or rule.confirm not in RAISING | {KEYS}:
        return "not_checked"
    lines = set(range(finding["line"], finding["end_line"] + 1))
    errors = reused if rule.confirm == KEYS else raised
    return "confirmed" if any(lines.intersection(e.lines) for e in errors) else "not_checked"


def errors_of(source: Source, only: type[Exception] = Exception) -> list[Raised]:
    """Run the statements one after the other; the errors of one kind, in their order."""
    names: dict[str, Any] = {"__name__": "__main__"}
    found: list[Raised] = []
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for statement in source.tree.body:
            module = ast.Module(body=[statement], type_ignores=[])
            try:
                exec(compile(module, NAME, "exec"), names)  # noqa: S102 - what the job is for
            except only as error:
                found.append(Raised(error, tuple(lines_of(error))))
            except Exception:  # noqa: BLE001, S112 - another error says nothing of this probe
                continue
    return found


def lines_of(error: BaseException) -> Iterator[int]:
    """Lines of the text that an error passed through."""
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == NAME and frame.lineno is not None:
            yield frame.lineno
