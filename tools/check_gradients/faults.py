"""From failing directions to findings: which leaf, which element, what kind. Runs in the judge."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jax_workbench.tools.check_gradients import Finding
from jax_workbench.tools.check_gradients.directions import Array
from jax_workbench.tools.check_gradients.hints import CLOSE, ratio_hint
from jax_workbench.tools.check_gradients.localisation import (
    Element,
    Elements,
    failing_elements,
    failing_leaves,
)
from jax_workbench.tools.check_gradients.record import Record, finite
from jax_workbench.tools.check_gradients.subject import Subject, index_of
from jax_workbench.tools.check_gradients.vanished import is_surrogate, why_zero

FAIL = frozenset(("fail",))
BROKEN = frozenset(("kink", "jump"))
FEW = 4
"""Up to so many wrong elements get a finding each."""


@dataclass(frozen=True)
class Faults:
    """Finds and describes what is wrong; adds it to the record."""

    subject: Subject
    record: Record

    def path(self, leaf: int) -> str:
        """Name of a leaf."""
        return self.record.ask.leaves[leaf].path

    def localise_failure(self, which: int) -> None:
        """After failing directions: one finding or more a failing leaf."""
        subject = self.subject
        projection = subject.projection(which)
        for leaf in failing_leaves(projection, subject.rng, range(len(subject.x)), FAIL):
            if self.is_explained(leaf):
                continue
            if subject.g and not any(np.any(g[leaf]) for g in subject.g):
                self.add_zero(leaf, "its gradient is 0, and the function does move with it")
            elif is_surrogate(projection, subject.rng, leaf):
                self.record.add(
                    Finding(
                        kind="surrogate",
                        leaf=self.path(leaf),
                        hint="The function moves in jumps only, its gradient is not 0: a "
                        "straight-through estimator.",
                    )
                )
            else:
                found = failing_elements(projection, subject.rng, leaf, FAIL)
                self.add_elements(leaf, found, which, "fail")

    def is_explained(self, leaf: int) -> bool:
        """Whether an element of the leaf is in the record as wrong already."""
        return any(
            finding.leaf == self.path(leaf) and finding.rule is not None
            for finding in self.record.findings
        )

    def localise_forward(self, which: int) -> None:
        """Reverse mode agrees with differences, forward mode does not."""
        subject = self.subject
        projection = subject.forward_projection(which)
        for leaf in failing_leaves(projection, subject.rng, range(len(subject.x)), FAIL):
            found = failing_elements(projection, subject.rng, leaf, FAIL)
            self.add_elements(leaf, found, which, "fwd_rev_mismatch")

    def localise_break(self, which: int) -> None:
        """A kink or a jump: which elements sit on it, and the slopes on its two sides."""
        subject = self.subject
        projection = subject.projection(which)
        outcomes = self.record.outcomes
        n_jumps = sum(outcome.kind == "jump" for outcome in outcomes)
        n_kinks = sum(outcome.kind == "kink" for outcome in outcomes)
        kind = "discontinuous" if n_jumps > n_kinks else "kink"
        leaves = failing_leaves(projection, subject.rng, range(len(subject.x)), BROKEN)
        for leaf in leaves:
            self.add_elements(
                leaf, failing_elements(projection, subject.rng, leaf, BROKEN), which, kind
            )
        if not leaves:
            self.record.add(Finding(kind=kind, hint="It shows only where several leaves move."))

    def check_zero_leaves(self) -> None:
        """Leaves whose gradient is exactly 0: lost, rightly 0, or unused."""
        subject, unused = self.subject, list[str]()
        named = {finding.leaf for finding in self.record.findings}
        for leaf in range(len(subject.x)):
            if any(np.any(g[leaf]) for g in subject.g) or self.path(leaf) in named:
                continue
            projection = subject.projection()
            why = why_zero(
                projection, lambda x: subject.gradient(x, subject.w[0]), subject.rng, leaf
            )
            if why == "zero_gradient":
                self.add_zero(leaf, "the function moves with it in jumps only")
            elif why == "unused":
                unused.append(self.path(leaf))
        if unused:
            self.record.note(
                "zero_grad_leaves", f"The function does not depend on {', '.join(unused[:8])}."
            )

    def add_zero(self, leaf: int, why: str) -> None:
        """A vanished gradient."""
        self.record.add(
            Finding(
                kind="zero_gradient",
                leaf=self.path(leaf),
                n_wrong=self.subject.x[leaf].size,
                ad_value=0.0,
                ratio=0.0,
                hint=f"Vanished: {why}.",
            )
        )

    def add_elements(self, leaf: int, found: Elements, which: int, kind: str) -> None:
        """Findings of one leaf: one for each of a few wrong elements, else one for the worst."""
        x = self.subject.x[leaf]
        wrong = sorted(found.wrong, key=lambda e: -abs(e.ad - e.fd))
        hint = self.hint(leaf, wrong, kind)
        if not wrong:
            self.record.add(Finding(kind=kind, leaf=self.path(leaf), hint=hint))
            self.record.note(
                "not_localised", "A leaf fails as a whole; no single element of it was seen to."
            )
            return
        n_wrong = found.n_wrong
        is_few = len(wrong) <= FEW and len(wrong) < x.size
        for element in wrong if is_few else wrong[:1]:
            n = len(wrong) if is_few and n_wrong is None else n_wrong
            self.record.add(
                self.finding(
                    leaf=leaf, element=element, which=which, kind=kind, n_wrong=n, hint=hint
                )
            )

    def finding(  # noqa: PLR0913 - each is one fact of the finding
        self, *, leaf: int, element: Element, which: int, kind: str, n_wrong: int | None, hint: str
    ) -> Finding:
        """One element."""
        unit = self.subject.per_unit(which)
        is_broken = element.outcome.kind in BROKEN
        slopes = element.outcome.slope_left, element.outcome.slope_right
        left, right = (s / element.length / unit if is_broken else None for s in slopes)
        return Finding(
            kind=kind,
            leaf=self.path(leaf),
            index=index_of(element.flat, self.subject.x[leaf]),
            n_wrong=n_wrong,
            ad_value=finite(element.ad / unit),
            fd_value=finite(element.fd / unit) if not is_broken else None,
            fd_error=finite(element.fd_error / abs(unit)) if not is_broken else None,
            ratio=finite(element.ad / element.fd) if element.fd and not is_broken else None,
            slope_left=finite(left),
            slope_right=finite(right),
            hint=hint,
        )

    def hint(self, leaf: int, wrong: Sequence[Element], kind: str) -> str:
        """What this pattern of wrong elements usually means."""
        if kind == "kink":
            return "Not differentiable here; AD returns a value between the one-sided slopes."
        if kind == "discontinuous":
            return "The function jumps here; no derivative exists."
        x = self.subject.x[leaf]
        if wrong and all(e.is_imaginary and is_reversed(e) for e in wrong):
            return "The imaginary part is reversed: a conjugate is missing or too many."
        if self.subject.g and is_transposed(self.subject.g[0][leaf], x.shape, wrong):
            return "The gradient fits when transposed."
        return ratio_hint([e.ad / e.fd for e in wrong if e.fd], x.size)


def is_reversed(element: Element) -> bool:
    """Whether AD gives the negative of the difference."""
    return element.fd != 0 and abs(element.ad / element.fd + 1) < CLOSE


def is_transposed(g: Array, shape: tuple[int, ...], wrong: Sequence[Element]) -> bool:
    """Whether the wrong elements of a square matrix are right in the transposed place."""
    if len(shape) != 2 or shape[0] != shape[1] or not wrong or np.iscomplexobj(g):  # noqa: PLR2004
        return False
    columns = shape[1]
    mirrored = [g[e.flat % columns, e.flat // columns] for e in wrong]
    return all(
        abs(m - e.fd) <= 1e-4 * abs(e.fd) + 10 * e.fd_error
        for m, e in zip(mirrored, wrong, strict=True)
    )
