"""The order of work of a check: cheap oracles first, localisation only after a failure.

Runs in the judge. Each step adds to the record; `OutOfTime` may end it anywhere.
"""

from dataclasses import dataclass, field

import numpy as np

from jax_workbench.tools.check_gradients import Finding
from jax_workbench.tools.check_gradients.directions import (
    Direction,
    inner,
    moved,
    random_direction,
)
from jax_workbench.tools.check_gradients.dtype_error import own_dtype_error
from jax_workbench.tools.check_gradients.evaluate import Projection, from_gradient
from jax_workbench.tools.check_gradients.faults import FAIL, Faults
from jax_workbench.tools.check_gradients.finiteness import non_finite_findings
from jax_workbench.tools.check_gradients.localisation import probe
from jax_workbench.tools.check_gradients.outcome import Outcome
from jax_workbench.tools.check_gradients.record import Record
from jax_workbench.tools.check_gradients.rule_verdict import RuleAlone, judge_rules
from jax_workbench.tools.check_gradients.second_order import check_second_order
from jax_workbench.tools.check_gradients.subject import Subject, index_of

N_DIRECTIONS = 4
N_FAILING = 2
"""Directions that must fail before it is a failure."""
N_BESIDE = 2
BESIDE = 1e-3
"""How far off a kink to look, relative to the arguments."""
LINEAR = 1e-5
"""A pullback is linear; rounding leaves this much."""
AGREEMENT, AGREEMENT_NATIVE = 1e-9, 2e-3
"""Of forward and reverse mode, relative."""


@dataclass
class Check:
    """One check."""

    subject: Subject
    record: Record
    rules: list[RuleAlone] = field(default_factory=list[RuleAlone])
    n_mismatches: list[int] = field(default_factory=lambda: [0, 0])
    """Directions in which forward and reverse differ, by cotangent."""

    def run(self) -> None:
        """Go through the steps."""
        subject, record = self.subject, self.record
        if not self.is_deterministic():
            return
        has_gradient = "rev" in record.ask.modes and "vjp" in subject.programs
        if has_gradient and not self.gradient_is_finite():
            return
        # Before any difference of the whole: it names elements that bisection would look for.
        judge_rules(subject, self.rules, record)
        if has_gradient or "jvp" in subject.programs:
            self.check_directions()
        if has_gradient:
            Faults(subject, record).check_zero_leaves()
            self.check_own_dtype()
        if record.ask.order > 1 and not record.findings:
            check_second_order(subject, record)

    def is_deterministic(self) -> bool:
        """Run the function twice; noise looks like a wrong gradient."""
        subject = self.subject
        subject.begin()
        again = subject.f(subject.x)
        if any(a.tobytes() != b.tobytes() for a, b in zip(subject.f0, again, strict=True)):
            self.record.add(
                Finding(kind="nondeterministic", hint="Two calls gave different values.")
            )
            return False
        if not all(np.isfinite(out).all() for out in subject.f0):
            self.record.note(
                "primal_not_finite",
                "The function's own value is not finite in places; these are left out.",
                is_warning=True,
            )
        return True

    def gradient_is_finite(self) -> bool:
        """Take the gradients for both cotangents; check that they are finite, and linear."""
        self.subject.take_gradients()
        self.record.rev_checked = True
        found = non_finite_findings(self.subject, self.record.ask.leaves)
        self.record.findings += found
        if not found:
            self.check_linear()
        return not found

    def check_linear(self) -> None:
        """A pullback of the sum of two cotangents is the sum of both pullbacks."""
        subject, ask = self.subject, self.record.ask
        total = subject.gradient(subject.x, [a + b for a, b in zip(*subject.w, strict=True)])
        limit = max(LINEAR, ask.looseness, 1e4 * subject.precision.eps)
        for leaf, (a, b, both) in enumerate(zip(*subject.g, total, strict=True)):
            name = ask.leaves[leaf]
            gap = np.abs(both - a - b)
            size = np.abs(a) + np.abs(b) + np.abs(both)
            if not np.any(gap > limit * size.max(initial=0.0)):
                continue
            flat = int(np.argmax(gap))
            # A gradient that is all rounding is not linear either, and differences accept it.
            probes = [probe(subject.projection(n), leaf, flat, FAIL) for n in range(len(subject.g))]
            if any(element.outcome.kind == "fail" for element in probes):
                self.record.add(
                    Finding(
                        kind="not_linear",
                        leaf=name.path,
                        index=index_of(flat, a),
                        hint="The backward rule is not linear in its cotangent: it clips, "
                        "normalises or ignores it.",
                    )
                )

    def check_directions(self) -> None:
        """Forward against reverse and differences, along random directions."""
        for number in range(N_DIRECTIONS):
            self.check_direction(number)
        if any(0 < self.count(*kinds) < N_FAILING for kinds in (("fail",), ("kink", "jump"))):
            for number in range(N_DIRECTIONS, 2 * N_DIRECTIONS):
                self.check_direction(number)
        self.conclude_directions(Faults(self.subject, self.record))
        if 2 * self.count("uncertain") >= len(self.record.outcomes):
            self.record.is_uncertain = True

    def conclude_directions(self, faults: Faults) -> None:
        """Make findings of what the directions say together."""
        which = int(self.fails_with(1) > self.fails_with(0))
        if self.count("fail") >= N_FAILING:
            faults.localise_failure(which)
            if not self.record.findings:
                self.not_reproduced()
        elif self.count("kink", "jump") >= N_FAILING:
            if self.is_wrong_beside():
                self.record.add(
                    Finding(kind="fail", hint="Wrong beside the kink that the arguments sit on.")
                )
            faults.localise_break(which)
        elif self.count("fail"):
            self.record.note(
                "flaky_direction",
                "One of eight random directions disagreed; that alone is no fault.",
            )
        if sum(self.n_mismatches) >= N_FAILING and not self.record.findings:
            faults.localise_forward(int(self.n_mismatches[1] > self.n_mismatches[0]))

    def not_reproduced(self) -> None:
        """Directions fail, no single leaf does: believe the purely relative ones."""
        relative = self.record.outcomes[1::2]
        self.record.is_uncertain |= any(outcome.kind != "pass" for outcome in relative)
        self.record.note(
            "not_localised",
            "Random directions disagreed, and no single leaf did; the scales of the leaves may be "
            "too far apart.",
            is_warning=True,
        )

    def count(self, *kinds: str) -> int:
        """Directions with one of these outcomes."""
        return sum(outcome.kind in kinds for outcome in self.record.outcomes)

    def fails_with(self, which: int) -> int:
        """Directions that broke with one of the cotangents."""
        mine = [o for n, o in enumerate(self.record.outcomes) if n // 2 % 2 == which]
        return sum(outcome.kind not in {"pass", "uncertain"} for outcome in mine)

    def check_direction(self, number: int) -> None:
        """One random direction: the two scalings in turn, each with both cotangents."""
        subject, which = self.subject, number // 2 % 2
        scaling = ("mixed", "relative")[number % 2]
        direction = random_direction(subject.rng, subject.x, range(len(subject.x)), scaling)
        if subject.g and "fwd" in self.record.ask.modes and "jvp" in subject.programs:
            self.compare_modes(direction, which)
        self.record.outcomes.append(subject.projection(which).along(direction))
        self.record.fwd_checked |= not subject.g

    def compare_modes(self, direction: Direction, which: int) -> None:
        """<w, Jv> = <J'w, v>."""
        subject, record = self.subject, self.record
        reverse = from_gradient(subject.g[which])(direction)
        forward = inner(subject.w[which], subject.tangent(direction))
        record.fwd_checked = True
        gap, size = abs(forward - reverse.value), max(reverse.norm1, abs(forward))
        agreement = AGREEMENT_NATIVE if record.ask.is_native else AGREEMENT
        agreement = max(agreement, record.ask.looseness)
        eps = subject.precision.eps
        if not gap <= max(agreement, 200 * eps) * size + 1000 * eps * reverse.norm1:
            self.n_mismatches[which] += 1
        if np.isfinite(gap):
            error = gap / size if size else 0.0
            record.fwd_rev_max_error = max(record.fwd_rev_max_error or 0.0, error)

    def is_wrong_beside(self) -> bool:
        """Whether the gradient fails at points a little off x, where no kink hides a wrong rule."""
        subject, outcomes = self.subject, list[Outcome]()
        if not subject.g:
            return False
        every = range(len(subject.x))
        for _ in range(N_BESIDE):
            shift = random_direction(subject.rng, subject.x, every, "mixed")
            x = moved(subject.x, BESIDE, shift)
            by_ad = from_gradient(subject.gradient(x, subject.w[0]))
            near = Projection(subject.f, x, subject.f(x), subject.w[0], by_ad, subject.precision)
            outcomes += [
                near.along(random_direction(subject.rng, x, every, scaling))
                for scaling in ("mixed", "relative")
            ]
        return sum(outcome.kind == "fail" for outcome in outcomes) > N_FAILING

    def check_own_dtype(self) -> None:
        """The gradient in the arguments' own dtype against float64."""
        subject, record = self.subject, self.record
        if "own" not in subject.programs:
            return
        own = subject.clock.call(subject.programs["own"], *subject.x, *subject.held, *subject.w[0])
        record.own_dtype = own_dtype_error(own, subject, record.ask.leaves)
        if record.own_dtype is not None and record.own_dtype.relative_error is None:
            paths = [leaf.path for leaf in record.ask.leaves]
            part = own[paths.index(record.own_dtype.leaf)]
            bad = ~np.isfinite(part)
            record.add(
                Finding(
                    kind="nan" if np.isnan(part).any() else "inf",
                    leaf=record.own_dtype.leaf,
                    index=index_of(int(np.argmax(bad)), part),
                    n_wrong=int(bad.sum()),
                    hint=f"Only in {record.own_dtype.dtype}; in float64 it is finite: an "
                    "intermediate overflows or underflows.",
                )
            )
