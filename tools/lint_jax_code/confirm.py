"""Runs the code with probes: which findings it bears out, and what else comes to light.

Runs in a worker of its own. The text is run as it stands, line by line of its module level: an
error that a finding predicts, on a line of the finding, confirms it. It is run again under JAX's
own checker of keys, with raw keys made typed, and where a finding speaks of a leak under the
checker of leaks. What the text does not reach is not checked; `refuting` tells what is refuted.
"""

import ast
import contextlib
import io
import itertools
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax

from jax_workbench.tools.common.guarded_text import message_of, shorten, type_name
from jax_workbench.tools.contract import Job
from jax_workbench.tools.lint_jax_code.engine.rule import Rule
from jax_workbench.tools.lint_jax_code.inferred_calls import call_the_uncalled
from jax_workbench.tools.lint_jax_code.observing import (
    LIBRARIES,
    NAME,
    OF_THE_HOST,
    Observed,
    lines_of,
    observing,
)
from jax_workbench.tools.lint_jax_code.origin import origin_of
from jax_workbench.tools.lint_jax_code.passing import Passes
from jax_workbench.tools.lint_jax_code.refuting import (
    claims_in,
    is_refuted_by_running,
    is_refuted_by_the_checker,
)
from jax_workbench.tools.lint_jax_code.rules import all_rules
from jax_workbench.tools.lint_jax_code.source import Source

RAISING = frozenset(("trace", "run", "leak"))
KEYS, LEAK, GRADIENT, COMPILES = "key_reuse", "leak", "gradient", "compiles"
SEEN_AS = {GRADIENT: "gradient", COMPILES: "compiles"}
"""Probes whose verdict is something that was seen, and no error."""
OF_THE_USE = (AttributeError, TypeError, ValueError, AssertionError, RuntimeError, IndexError)
"""Errors that come of how a library's objects are used, also where Python raises them."""
ON_JAX = LIBRARIES - {"jax", "jaxlib"}
MAX_OBSERVED = 20


@dataclass(frozen=True)
class Raised:
    """An error, and the lines of the text that it passed through, the innermost last."""

    error: Exception
    lines: tuple[int, ...]

    def is_of_the_text(self) -> bool:
        """Whether the text itself calls JAX there, and no library between them does."""
        frames = traceback.extract_tb(self.error.__traceback__)
        parts = [Path(frame.filename).parts for frame in frames]
        own = [i for i, frame in enumerate(frames) if frame.filename == NAME]
        return bool(own) and not any(ON_JAX.intersection(p) for p in parts[own[-1] :])

    def is_of_a_library(self, source: Source) -> bool:
        """Whether it comes of the use of JAX or of a library on it, not for want of a device."""
        frames = traceback.extract_tb(self.error.__traceback__)
        innermost = frames[-1].filename if frames else ""
        is_missing = isinstance(self.error, OSError | MemoryError)
        text = message_of(self.error).lower()
        if isinstance(self.error, ImportError):
            return is_gone(self.error)
        if is_missing or OF_THE_HOST.search(text) is not None:
            return False
        if innermost == NAME:
            return isinstance(self.error, OF_THE_USE) and not is_raised_at(source, self.lines[-1])
        after = itertools.takewhile(lambda frame: frame.filename != NAME, reversed(frames))
        return any(LIBRARIES.intersection(Path(frame.filename).parts) for frame in after)


def is_gone(error: ImportError) -> bool:
    """Whether a library is there, and has no such name or module."""
    library, _, inside = (error.name or "").partition(".")
    is_a_name = not isinstance(error, ModuleNotFoundError) and "cannot import name" in str(error)
    return library in LIBRARIES and library in sys.modules and bool(inside or is_a_name)


def is_raised_at(source: Source, line: int) -> bool:
    """Whether the text itself raises on that line: `raise`, `assert`."""
    return any(
        isinstance(node, ast.Raise | ast.Assert)
        and node.lineno <= line <= (node.end_lineno or node.lineno)
        for node in ast.walk(source.tree)
    )


def run(argument: Mapping[str, Any], job: Job) -> dict[str, Any]:
    """`evidence`: verdicts on `argument["findings"]`, in their order; `observed`: what else."""
    job.progress("running the code with probes")
    rules = {rule.code: rule for rule in all_rules()}
    found: list[dict[str, Any]] = argument["findings"]
    source = Source(argument["code"])
    probes = {rule.confirm for f in found if (rule := rules.get(f["code"])) is not None}
    jax.config.update("jax_traceback_filtering", "off")
    passes, checked = Passes(source), Passes(source)
    claims, of_keys = claims_in(found, passes), claims_in(found, checked)
    with observing() as observed:
        with passes.watching():
            names, raised = errors_of(source, passes)
        n_raised = len(raised)
        compiled = observed.compiled.copy()
        raised += [Raised(e, tuple(lines_of(e))) for e in call_the_uncalled(source, names)]
    leaked: list[Raised] = []
    if LEAK in probes:
        with jax.checking_leaks():
            leaked = errors_of(source)[1]
    jax.config.update("jax_enable_custom_prng", True)
    with jax.debug_key_reuse(True), checked.watching():
        under_checker = errors_of(source, checked)[1]
    reused = [r for r in under_checker if isinstance(r.error, jax.errors.KeyReuseError)]
    refuted = [
        c is not None
        and (
            (n_raised == 0 and is_refuted_by_running(c, passes, compiled))
            or (k is not None and not under_checker and is_refuted_by_the_checker(k, checked))
        )
        for c, k in zip(claims, of_keys, strict=True)
    ]
    first = next((r for r in raised if r.lines and r.is_of_a_library(source)), None)
    seen = [*observed.values()][:MAX_OBSERVED]
    if first is not None:
        seen.insert(0, told(first, "raises", origin_of(first.error, source)))
    seen += [told(r, "reuses_key", None) for r in reused if r.is_of_the_text()][:1]
    borne_out = [verdict(f, rules, raised + leaked, reused, seen) for f in found]
    return {
        "evidence": [
            "refuted" if is_refuted and said != "confirmed" else said
            for said, is_refuted in zip(borne_out, refuted, strict=True)
        ],
        "passes": [c.at.n_passed if c is not None else 0 for c in claims],
        "observed": [o.as_told() for o in seen],
    }


def told(raised: Raised, kind: str, origin: int | None) -> Observed:
    """An error in words."""
    message = shorten(" ".join(message_of(raised.error).split()), 300)
    text = f"{type_name(raised.error)}: {message}"
    return Observed(kind, raised.lines, text, origin if origin != raised.lines[-1] else None)


def verdict(
    finding: Mapping[str, Any],
    rules: Mapping[str, Rule],
    raised: list[Raised],
    reused: list[Raised],
    seen: list[Observed],
) -> str:
    """`confirmed` where what was predicted came from the finding's lines."""
    rule = rules.get(finding["code"])
    if rule is None:
        return "not_checked"
    lines = set(range(finding["line"], finding["end_line"] + 1))
    if rule.confirm in SEEN_AS:
        passed = [o.lines for o in seen if o.kind == SEEN_AS[rule.confirm]]
    elif rule.confirm in RAISING | {KEYS}:
        passed = [e.lines for e in (reused if rule.confirm == KEYS else raised)]
    else:
        passed = []
    return "confirmed" if any(lines.intersection(p) for p in passed) else "not_checked"


def errors_of(source: Source, passes: Passes | None = None) -> tuple[dict[str, Any], list[Raised]]:
    """Run the statements one after the other; the names they left, and their errors in order."""
    names: dict[str, Any] = {"__name__": "__main__"}
    found: list[Raised] = []
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for statement in source.tree.body:
            module = ast.Module(body=[statement], type_ignores=[])
            try:
                code = compile(module, NAME, "exec")
                if passes is not None:
                    passes.watch(code)
                exec(code, names)  # noqa: S102 - what the job is for
            except Exception as error:  # noqa: BLE001 - it is what is looked for
                found.append(Raised(error, tuple(lines_of(error))))
    return names, found
