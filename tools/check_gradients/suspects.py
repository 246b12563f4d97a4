"""Suspected rules, exported on their own for the judge. Runs in the worker, with user Python."""

import linecache
import time
from typing import Any

import jax

from jax_workbench.tools.check_gradients import rule_audit
from jax_workbench.tools.check_gradients.hand_over import BYTES, save_values
from jax_workbench.tools.check_gradients.messages import Suspect, TraceAsk
from jax_workbench.tools.check_gradients.precision import Setting, said_by
from jax_workbench.tools.check_gradients.programs import pulled_back, specs
from jax_workbench.tools.check_gradients.user_call import FILE
from jax_workbench.tools.common.exported_program import write_program
from jax_workbench.tools.common.guarded_text import shorten
from jax_workbench.tools.contract import Job

MAX_SUSPECT_BYTES = 64 * 2**20


def audit_rules(setting: Setting, ask: TraceAsk, job: Job) -> dict[str, Any]:
    """Compare the user's custom rules with their functions; exports the suspects for the judge."""
    if ask.audit_s <= 0:
        return {}
    job.progress("auditing custom rules")
    d = setting.derivatives
    found = rule_audit.audit(
        lambda *x: d.outputs(x, setting.held),
        setting.x,
        FILE,
        time.monotonic() + ask.audit_s,
        ask.order,
    )
    suspects: list[Suspect] = []
    for difference in found.differences:
        suspect = export_suspect(difference, len(suspects), job)
        if suspect is None:
            found.unaudited.append(difference.met.name)
        else:
            suspects.append(suspect)
    return {
        "suspects": tuple(suspects),
        "n_rules": found.n_rules,
        "unaudited": tuple(shorten(name, 100) for name in found.unaudited),
    }


def definition_line(line: int | None) -> int | None:
    """Line of the `def` under `line` where that is a decorator's; else `line`, as of a lambda."""
    lines = linecache.getlines(FILE)
    if line is None or line > len(lines) or not lines[line - 1].lstrip().startswith("@"):
        return line
    at = (n for n in range(line, len(lines) + 1) if lines[n - 1].lstrip().startswith("def "))
    return next(at, line)


def derivative_of(met: rule_audit.Met) -> str:
    """Name and line of the function that computes a rule's derivative; empty where not known."""
    name, place = rule_audit.derivative_and_place(met.equation)
    line = definition_line(rule_audit.line_of(place)) if place.startswith(f"{FILE}:") else None
    called = "a lambda" if name == "<lambda>" else shorten(name, 100)
    return f"{called}, line {line}" if name and line else ""


def export_suspect(difference: rule_audit.Difference, number: int, job: Job) -> Suspect | None:
    """Save a rule on its own, at the inputs it met; None where that can't be done."""
    met, blob = difference.met, f"rule{number}"
    moving = [met.values[i] for i in met.active()]
    if sum(v.nbytes for v in moving) > MAX_SUSPECT_BYTES:
        return None
    at = specs(moving)

    def vjp(*values: Any) -> list[Any]:
        return pulled_back(met.by_rule, values[: len(at)], values[len(at) :])

    try:
        w = jax.eval_shape(met.inlined, *at)
        job.save(f"{blob}_primal", write_program(met.inlined, at), BYTES)
        job.save(f"{blob}_vjp", write_program(vjp, [*at, *w]), BYTES)
    except Exception as error:  # noqa: BLE001 - counted as not audited
        job.progress(f"{met.name} stays: {said_by(error)}")
        return None
    save_values(f"{blob}_values", {"x": moving, "h": []}, job)
    origin = met.origins[met.active()[difference.wrong_input]]
    leaf = next(iter(origin.leaves)) if len(origin.leaves) == 1 else None
    return Suspect(
        rule=shorten(met.name, 100),
        line=definition_line(difference.line),
        derivative=derivative_of(met),
        order=difference.order,
        blob=blob,
        leaf=leaf,
        same_index=origin.same_index,
        wrong_input=difference.wrong_input,
        elements=difference.elements,
        n_wrong=difference.n_wrong,
    )
