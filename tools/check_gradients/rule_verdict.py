"""Suspected custom rules, each judged by differences on the rule alone. Runs in the judge.

That a rule differs from the derivative of its function is a suspicion only: where the rule exists
because that derivative is no good (relu at 0, safe divisions, fixed points), the rule is right.
"""

from dataclasses import dataclass

import numpy as np

from jax_workbench.tools.check_gradients import Finding
from jax_workbench.tools.check_gradients.directions import element_direction
from jax_workbench.tools.check_gradients.faults import FAIL
from jax_workbench.tools.check_gradients.hints import ratio_hint
from jax_workbench.tools.check_gradients.localisation import Element, probe
from jax_workbench.tools.check_gradients.messages import Suspect
from jax_workbench.tools.check_gradients.record import Record, finite
from jax_workbench.tools.check_gradients.subject import Subject, index_of
from jax_workbench.tools.check_gradients.vanished import is_surrogate

ALONE = "Seen on the rule alone, at the inputs it met."
MAX_PROBED, LARGE = 4, 100_000
"""Suspected elements that are probed; of inputs with more than LARGE elements one is enough."""


@dataclass(frozen=True)
class RuleAlone:
    """A suspected rule and its programs at the inputs that it met."""

    suspect: Suspect
    subject: Subject


def judge_rules(function: Subject, rules: list[RuleAlone], record: Record) -> None:
    """Add a finding for each suspected rule whose derivative differences refute.

    Findings that are there already get the name of the rule.
    """
    judged: set[tuple[str, int]] = set()
    for rule in rules:
        key = (rule.suspect.rule, rule.suspect.wrong_input)
        if key in judged or rule.suspect.order > 1:
            continue
        finding = finding_of(function, rule, record)
        if finding is None:
            continue
        judged.add(key)
        place(finding, rule.suspect, record)


def finding_of(function: Subject, rule: RuleAlone, record: Record) -> Finding | None:
    """What is wrong with a rule; None where it is right."""
    alone, suspect = rule.subject, rule.suspect
    alone.begin()
    alone.take_gradients()
    if not all(np.isfinite(part).all() for g in alone.g for part in g):
        return None
    leaf, projection = suspect.wrong_input, alone.projection()
    x = alone.x[leaf]
    wrong: list[Element] = []
    for index in suspect.elements[:MAX_PROBED]:
        flat = int(np.ravel_multi_index(index, x.shape)) if index else 0
        element = probe(projection, leaf, flat, FAIL)
        if element.outcome.kind == "fail":
            wrong.append(element)
            if x.size > LARGE:
                break
    if not wrong:
        return None
    kind = "surrogate" if is_surrogate(projection, alone.rng, leaf) else "fail"
    gradients = [g[suspect.leaf] for g in function.g] if suspect.leaf is not None else []
    if not any(np.any(part) for part in gradients or [g[leaf] for g in alone.g]):
        kind = "zero_gradient"
    worst = max(wrong, key=lambda e: abs(e.ad - e.fd))
    hint = ratio_hint([e.ad / e.fd for e in wrong if e.fd], x.size)
    seen = seen_from_outside(function, suspect, worst)
    unit = function.per_unit() if seen else alone.per_unit()
    shown = seen or worst
    return Finding(
        kind=kind,
        leaf=None if suspect.leaf is None else record.ask.leaves[suspect.leaf].path,
        index=index_of(worst.flat, x) if seen else None,
        n_wrong=suspect.n_wrong,
        ad_value=finite(shown.ad / unit),
        fd_value=finite(shown.fd / unit),
        fd_error=finite(shown.fd_error / abs(unit)),
        ratio=finite(worst.ad / worst.fd) if worst.fd else None,
        rule=suspect.rule,
        line=suspect.line,
        hint=" ".join(filter(None, (hint, written_in(suspect), "" if seen else ALONE))),
    )


def written_in(suspect: Suspect) -> str:
    """Where the derivative that is wrong stands."""
    return f"Its derivative is computed by {suspect.derivative}." if suspect.derivative else ""


def seen_from_outside(function: Subject, suspect: Suspect, worst: Element) -> Element | None:
    """The same element of the function's own argument, if that fails too."""
    if suspect.leaf is None or not suspect.same_index:
        return None
    if worst.flat >= function.x[suspect.leaf].size:
        return None
    if not function.g and "jvp" not in function.programs:
        return None
    projection = function.projection()
    if not np.any(element_direction(function.x, suspect.leaf, worst.flat)[suspect.leaf]):
        return None
    element = probe(projection, suspect.leaf, worst.flat, FAIL)
    return element if element.outcome.kind == "fail" else None


def place(finding: Finding, suspect: Suspect, record: Record) -> None:
    """Name the rule in the findings that it explains, or add its own."""
    explained = [
        i
        for i, known in enumerate(record.findings)
        if known.rule is None
        and known.kind in {"fail", "not_linear", "zero_gradient", "surrogate"}
        and (finding.leaf is None or known.leaf == finding.leaf)
    ]
    for i in explained:
        hint = f"{record.findings[i].hint} {written_in(suspect)}".strip()
        named = {"rule": finding.rule, "line": finding.line, "hint": hint}
        if finding.kind == "surrogate" and record.findings[i].kind == "fail":
            named |= {"kind": "surrogate", "hint": "A straight-through estimator in this rule."}
        record.findings[i] = record.findings[i].model_copy(update=named)
    if not explained:
        record.add(finding)
