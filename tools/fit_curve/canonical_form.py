"""Chooses one of several parameter sets that give the same fit, and names the others. Worker."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from jax_workbench.tools.fit_curve.curve import Floats
from jax_workbench.tools.fit_curve.dimensions import Dimensions
from jax_workbench.tools.fit_curve.levenberg_marquardt import descend
from jax_workbench.tools.fit_curve.objective import Objective
from jax_workbench.tools.fit_curve.variable_projection import project

SAME_COST = 1e-9
SAME_FIT = 1e-6
MOST_SWAPS = 200
MOST_ROUNDS = 20
TURN = 2 * np.pi


@dataclass(frozen=True)
class Form:
    """A parameter set, and what is known about its equivalents.

    Attributes:
        theta: The representative.
        equivalences: Sentences, one for each map that leaves the fit as it is.
        ambiguous: Those among them that change a value beyond sign and order, so that the data
            cannot tell two different answers apart.
    """

    theta: Floats
    equivalences: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()


class Canonical:
    """Applies maps to the nonlinear parameters, with the linear ones solved for."""

    def __init__(
        self, objective: Objective, linear: list[int], dimensions: Dimensions, starts: Floats
    ) -> None:
        """`starts` are those the caller gave, nan elsewhere: equal answers are ordered by them."""
        self._objective = objective
        self._linear = linear
        self._names = objective.curve.names
        self._nonlinear = [j for j in range(objective.p) if j not in linear]
        self._dimensions = dimensions
        self._starts = starts
        power, shift = dimensions.power, dimensions.shift
        self._locations = {
            j
            for j in self._nonlinear
            if np.nan_to_num(np.abs(shift[:, j])).max() > 0.5  # noqa: PLR2004
        }
        self._plain = [
            j
            for j in self._nonlinear
            if (np.abs(power[:, j]) < 1e-6).all()  # noqa: PLR2004
        ]

    def form(self, theta: Floats) -> Form:
        """The canonical equivalent of `theta`, an optimum."""
        self._measure(theta)
        theta, aliases = self._unaliased(theta)
        self._measure(theta)
        phases = {j for j in self._plain if self._same(shifted(theta, j, TURN)) is not None}
        for _ in range(MOST_ROUNDS):
            better = self._better(theta, phases)
            if better is None:
                break
            theta = better
        names: list[str] = [*aliases]
        ambiguous: list[str] = []
        for text, other in self._maps(theta, phases):
            mapped = self._same(other)
            if mapped is None:
                continue
            names.append(text)
            values, mapped_values = np.sort(np.abs(theta)), np.sort(np.abs(mapped))
            if "exchanged" in text and not np.allclose(values, mapped_values, rtol=1e-4):
                ambiguous.append(text)
        return Form(theta, tuple(names), tuple(ambiguous))

    def _measure(self, theta: Floats) -> None:
        self._reference = self._objective.residuals(theta)
        self._cost = float(self._reference @ self._reference)

    def _better(self, theta: Floats, phases: set[int]) -> Floats | None:
        """An equivalent with a smaller key; None where there is none."""
        key = self._key(theta, phases)
        for _, other in self._maps(theta, phases):
            mapped = self._same(other)
            if mapped is not None and self._key(mapped, phases) < key:
                return mapped
        return None

    def _same(self, theta: Floats) -> Floats | None:
        """`theta` with its linear parameters solved for, if the fit is as it was."""
        curve = self._objective.curve
        if (theta < curve.low).any() or (theta > curve.high).any():
            return None
        mapped, r, _, _ = project(self._objective, theta, self._linear)
        if not np.isfinite(r).all():
            return None
        gap = float(np.linalg.norm(r - self._reference))
        size = np.sqrt(self._cost) + 1e-9 * self._objective.scale
        return mapped if gap <= SAME_FIT * size else None

    def _key(self, theta: Floats, phases: set[int]) -> tuple[float, ...]:
        """Smaller is more canonical: near the given starts, positive, in order."""
        given = np.isfinite(self._starts)
        far = np.abs(theta - self._starts)[given] / (np.abs(self._starts[given]) + 1e-300)
        distance = round(float(np.minimum(far, 1e6).sum()), 6)
        signed = [j for j in self._nonlinear if j not in phases and j not in self._locations]
        wrapped = sum(not -np.pi <= theta[j] < np.pi for j in phases)
        return (
            distance,
            sum(theta[j] < 0 for j in signed),
            sum(theta[j] < 0 for j in self._linear) if phases else 0,
            wrapped,
            *self._inversions(theta),
        )

    def _inversions(self, theta: Floats) -> list[int]:
        """Pairs out of order among parameters of equal dimension, locations first."""
        families: dict[tuple[float, ...], list[int]] = {}
        for j in self._nonlinear:
            families.setdefault(self._dimension(j), []).append(j)
        ordered = sorted(families.values(), key=lambda f: f[0] not in self._locations)
        return [
            sum(theta[a] > theta[b] for a, b in itertools.combinations(family, 2))
            for family in ordered
        ]

    def _dimension(self, j: int) -> tuple[float, ...]:
        both = np.concatenate([self._dimensions.power[:, j], self._dimensions.shift[:, j]])
        return tuple(np.round(np.nan_to_num(both, nan=99.0), 3).tolist())

    def _maps(self, theta: Floats, phases: set[int]) -> Iterator[tuple[str, Floats]]:
        """Candidates for equivalent sets, each with its sentence."""
        names = self._names
        for j in sorted(phases):
            wrapped = (theta[j] + np.pi) % TURN - np.pi
            if wrapped != theta[j]:
                yield f"{names[j]} + 2 pi", replaced(theta, {j: wrapped})
            half = (theta[j] + TURN) % TURN - np.pi
            yield f"{names[j]} + pi with the amplitude negated", replaced(theta, {j: half})
        for j in self._nonlinear:
            yield f"{names[j]} negated", replaced(theta, {j: -theta[j]})
        for j, k in itertools.combinations(self._nonlinear, 2):
            yield (
                f"{names[j]} and {names[k]} negated",
                replaced(theta, {j: -theta[j], k: -theta[k]}),
            )
        yield from itertools.islice(self._swaps(theta), MOST_SWAPS)

    def _swaps(self, theta: Floats) -> Iterator[tuple[str, Floats]]:
        """One to three pairs of equal dimension exchanged."""
        pairs = [
            (j, k)
            for j, k in itertools.combinations(self._nonlinear, 2)
            if self._dimension(j) == self._dimension(k)
        ]
        for size in (1, 2, 3):
            for chosen in itertools.combinations(pairs, size):
                if len(set(itertools.chain(*chosen))) < 2 * size:
                    continue
                values = {j: theta[k] for j, k in chosen} | {k: theta[j] for j, k in chosen}
                words = ", ".join(f"{self._names[j]} and {self._names[k]}" for j, k in chosen)
                yield f"{words} exchanged", replaced(theta, values)

    def _unaliased(self, theta: Floats) -> tuple[Floats, list[str]]:
        """The lowest of the frequencies that evenly spaced data cannot tell apart."""
        curve = self._objective.curve
        spacing = even_spacing(self._objective.rows.x[0]) if curve.n_predictors == 1 else None
        if spacing is None or curve.n_sets > 1:
            return theta, []
        found: list[str] = []
        for j in self._nonlinear:
            power = self._dimensions.power[0, j]
            powers = [1.0, -1.0] if np.isnan(power) else [power]
            for which, turn in itertools.product(powers, (TURN / spacing, 1 / spacing)):
                if j in self._locations or abs(abs(which) - 1) > 1e-6 or theta[j] == 0:  # noqa: PLR2004
                    continue
                # Rates carry 1/x, periods x: either way this is the frequency.
                lower, other = folded(theta[j] ** -which, turn)
                is_lowest = np.isclose(lower, abs(theta[j] ** -which), rtol=1e-9)
                probe = other if is_lowest else lower
                if probe == 0:
                    continue
                settled = self._settled(replaced(theta, {j: probe**-which}), j, which)
                if settled is not None:
                    alias = probe**-which if is_lowest else theta[j]
                    found.append(f"{self._names[j]} aliases {alias:.6g} on evenly spaced x")
                    theta = theta if is_lowest else settled
                    break
        return theta, found

    def _settled(self, theta: Floats, j: int, power: float) -> Floats | None:
        """`theta` after a short descent of the phases, if entry `j` stays and the fit is good."""
        mapped = project(self._objective, theta, self._linear)[0]
        end = descend(self._objective, mapped, most_steps=30)
        floor = 1e-12 * self._objective.scale**2
        is_there = np.isclose(end.theta[j] ** -power, theta[j] ** -power, rtol=0.05)
        return end.theta if is_there and end.cost <= self._cost * (1 + 1e-6) + floor else None


def folded(frequency: float, turn: float) -> tuple[float, float]:
    """The lowest frequency that even spacing cannot tell from this one, and the next lowest."""
    lower = float(abs((frequency + turn / 2) % turn - turn / 2))
    return lower, turn - lower


def replaced(theta: Floats, values: dict[int, float]) -> Floats:
    """A copy with some entries changed."""
    other = theta.copy()
    for j, value in values.items():
        other[j] = value
    return other


def shifted(theta: Floats, j: int, by: float) -> Floats:
    """A copy with entry `j` moved."""
    return replaced(theta, {j: theta[j] + by})


def even_spacing(x: Floats) -> float | None:
    """The step of evenly spaced values in any order; None where they are not."""
    distinct = np.unique(x)
    if distinct.size < 3:  # noqa: PLR2004 - two points are always evenly spaced
        return None
    steps = np.diff(distinct)
    return float(steps[0]) if np.allclose(steps, steps[0], rtol=1e-9, atol=0) else None
