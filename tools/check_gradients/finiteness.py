"""Gradients that are NaN or infinite. Runs in the judge."""

import numpy as np

from jax_workbench.tools.check_gradients import Finding
from jax_workbench.tools.check_gradients.directions import element_direction
from jax_workbench.tools.check_gradients.messages import Leaf
from jax_workbench.tools.check_gradients.outcome import Outcome
from jax_workbench.tools.check_gradients.record import finite
from jax_workbench.tools.check_gradients.subject import Subject, index_of

TRUSTED = 1e-3
"""Relative error of a difference that is worth telling beside a NaN."""


def non_finite_findings(subject: Subject, leaves: tuple[Leaf, ...]) -> list[Finding]:
    """One finding a leaf whose gradient is not finite, at its first such element."""
    found: list[Finding] = []
    for k, (leaf, name) in enumerate(zip(subject.g[0], leaves, strict=True)):
        bad = np.zeros(leaf.shape, bool)
        has_nan = False
        for g in subject.g:
            bad |= ~np.isfinite(g[k])
            has_nan |= bool(np.isnan(g[k]).any())
        if not bad.any():
            continue
        flat = int(np.argmax(bad))
        outcome = reference(subject, k, flat)
        length = float(np.abs(element_direction(subject.x, k, flat)[k].reshape(-1)[flat]))
        unit = length * subject.per_unit()
        is_smooth = outcome.kind in {"pass", "fail"}
        is_known = is_smooth and outcome.fd_error <= TRUSTED * max(abs(outcome.fd), length)
        found.append(
            Finding(
                kind="nan" if has_nan else "inf",
                leaf=name.path,
                index=index_of(flat, leaf),
                n_wrong=int(bad.sum()),
                fd_value=finite(outcome.fd / unit) if is_known else None,
                fd_error=finite(outcome.fd_error / abs(unit)) if is_known else None,
                hint=""
                if np.isfinite(subject.x[k].reshape(-1)[flat])
                else "The argument itself is not finite there.",
            )
        )
    return found


def reference(subject: Subject, leaf: int, flat: int) -> Outcome:
    """What differences say of an element whose derivative by AD is not finite."""
    zeros = [np.zeros_like(x) for x in subject.x]
    blind = Subject(
        subject.programs,
        subject.x,
        subject.held,
        subject.precision,
        subject.clock,
        subject.rng,
        subject.f0,
        subject.w,
        [zeros],
    )
    return blind.projection().along(element_direction(subject.x, leaf, flat))
