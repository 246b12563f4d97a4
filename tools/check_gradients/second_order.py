"""Second derivatives: the gradient of <w, f> as a function of its own. Runs in the judge."""

import numpy as np

from jax_workbench.tools.check_gradients import Finding
from jax_workbench.tools.check_gradients.directions import Vector, cotangent, random_direction
from jax_workbench.tools.check_gradients.evaluate import Projection, from_gradient, step_rounding
from jax_workbench.tools.check_gradients.hints import ratio_hint
from jax_workbench.tools.check_gradients.localisation import failing_elements, failing_leaves
from jax_workbench.tools.check_gradients.record import Record, finite
from jax_workbench.tools.check_gradients.subject import Subject, index_of

N_DIRECTIONS = 3
N_FAILING = 2
FAIL = frozenset(("fail",))


def check_second_order(subject: Subject, record: Record) -> None:
    """Compare reverse over reverse with differences of the gradient."""
    if "hvp" not in subject.programs or not subject.g:
        record.note(
            "second_order_unavailable",
            f"JAX gives no second derivative: {record.ask.refused.order2 or 'no reverse mode'}",
            is_warning=True,
        )
        return
    w = subject.w[0]
    u = cotangent(subject.rng, subject.g[0], 1.0)
    product = subject.curvature(w, u)
    record.order2_checked = True
    if not all(np.isfinite(part).all() for part in product):
        add_non_finite(product, record)
        return
    projection = Projection(
        lambda x: subject.gradient(x, w),
        subject.x,
        subject.g[0],
        u,
        from_gradient(product),
        subject.precision,
        step_rounding(subject.x, product) if subject.precision.is_native else None,
    )
    outcomes = [
        projection.along(random_direction(subject.rng, subject.x, range(len(subject.x)), scaling))
        for scaling in ("mixed", "relative", "mixed")
    ]
    n_fails = sum(outcome.kind == "fail" for outcome in outcomes)
    if n_fails >= N_FAILING:
        localise(projection, subject, record)
    elif any(outcome.kind in {"kink", "jump"} for outcome in outcomes):
        record.note("at_a_kink", "The gradient itself has a kink here; order 2 says little.")


def localise(projection: Projection, subject: Subject, record: Record) -> None:
    """Leaves and elements along which the second derivative is wrong."""
    leaves = failing_leaves(projection, subject.rng, range(len(subject.x)), FAIL)
    for leaf in leaves:
        wrong = failing_elements(projection, subject.rng, leaf, FAIL).wrong
        worst = max(wrong, key=lambda e: abs(e.ad - e.fd)) if wrong else None
        record.add(
            Finding(
                kind="fail_second_order",
                leaf=record.ask.leaves[leaf].path,
                index=index_of(worst.flat, subject.x[leaf]) if worst else None,
                ad_value=finite(worst.ad) if worst else None,
                fd_value=finite(worst.fd) if worst else None,
                fd_error=finite(worst.fd_error) if worst else None,
                ratio=finite(worst.ad / worst.fd) if worst and worst.fd else None,
                rule=next((s.rule for s in record.ask.suspects if s.order > 1), None),
                line=next((s.line for s in record.ask.suspects if s.order > 1), None),
                hint=ratio_hint([e.ad / e.fd for e in wrong if e.fd], subject.x[leaf].size)
                or "The first derivative is right, the derivative of its rule is not.",
            )
        )
    if not leaves:
        record.add(Finding(kind="fail_second_order", hint="Only where several leaves move."))


def add_non_finite(product: Vector, record: Record) -> None:
    """A second derivative that is NaN or infinite."""
    for part, leaf in zip(product, record.ask.leaves, strict=True):
        bad = ~np.isfinite(part)
        if bad.any():
            record.add(
                Finding(
                    kind="nan" if np.isnan(part).any() else "inf",
                    leaf=leaf.path,
                    index=index_of(int(np.argmax(bad)), part),
                    n_wrong=int(bad.sum()),
                    hint="Of the second derivative; the first is finite.",
                )
            )
