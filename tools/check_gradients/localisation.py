"""Which leaf and element a fault is in, by fewer and fewer moved elements. Runs in the judge."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from jax_workbench.tools.check_gradients.directions import (
    element_direction,
    random_direction,
    range_direction,
)
from jax_workbench.tools.check_gradients.evaluate import Projection
from jax_workbench.tools.check_gradients.outcome import Outcome

SMALL = 16
"""A leaf with no more elements is probed element by element."""
N_SAMPLED = 6
MAX_PROBES = 60
MAX_ELEMENTS = 8


@dataclass(frozen=True)
class Element:
    """One element of a leaf, probed alone; values per unit of the element."""

    flat: int
    outcome: Outcome
    ad: float
    fd: float
    fd_error: float
    length: float
    """Of the step along it at t = 1."""
    is_imaginary: bool = False


@dataclass
class Elements:
    """What was found in one leaf."""

    wrong: list[Element] = field(default_factory=list[Element])
    n_wrong: int | None = None
    """None where not every element was probed."""
    n_probes: int = 0


def failing_leaves(
    projection: Projection, rng: np.random.Generator, leaves: Sequence[int], kinds: frozenset[str]
) -> dict[int, list[Outcome]]:
    """Leaves along which alone the outcome is one of `kinds`, with their outcomes."""
    found: dict[int, list[Outcome]] = {}

    def outcomes(group: Sequence[int]) -> list[Outcome]:
        return [
            projection.along(random_direction(rng, projection.x, group, scaling))
            for scaling in ("mixed", "relative")
        ]

    def fails(low: int, high: int) -> bool:
        group = leaves[low:high]
        results = outcomes(group)
        is_bad = any(result.kind in kinds for result in results)
        if is_bad and len(group) == 1:
            found[group[0]] = results
        return is_bad

    if len(leaves) <= SMALL:
        for position in range(len(leaves)):
            fails(position, position + 1)
    else:
        bisect(len(leaves), fails, MAX_PROBES, MAX_ELEMENTS)
    return found


def bisect(
    n: int, fails: Callable[[int, int], bool], max_probes: int, max_found: int
) -> tuple[list[int], int]:
    """Find single positions in `range(n)`, which fails as a whole, by halves.

    Returns:
        Positions, lowest first, each seen failing alone, and how many probes that took.
    """
    found: list[int] = []
    pending, n_probes = [(0, n)], 0
    while pending and len(found) < max_found and n_probes < max_probes:
        low, high = pending.pop()
        if high - low == 1:
            found.append(low)
            continue
        middle = (low + high) // 2
        halves = [(low, middle), (middle, high)]
        failing = [half for half in halves if fails(*half)]
        n_probes += 2
        pending += failing[::-1]
    return found, n_probes


def probe(projection: Projection, leaf: int, flat: int, kinds: frozenset[str]) -> Element:
    """Move one element alone; of a complex one the real part, then the imaginary one."""
    units = (1, 1j) if np.iscomplexobj(projection.x[leaf]) else (1,)
    element = None
    for unit in units:
        direction = element_direction(projection.x, leaf, flat, unit)
        outcome = projection.along(direction)
        length = float(np.abs(direction[leaf].reshape(-1)[flat]))
        element = Element(
            flat,
            outcome,
            outcome.ad / length,
            outcome.fd / length,
            outcome.fd_error / length,
            length,
            is_imaginary=unit != 1,
        )
        if outcome.kind in kinds:
            break
    assert element is not None  # noqa: S101 - there is always a unit
    return element


def failing_elements(
    projection: Projection,
    rng: np.random.Generator,
    leaf: int,
    kinds: frozenset[str],
    candidates: Sequence[int] = (),
) -> Elements:
    """Find elements of a failing leaf that fail alone.

    Args:
        projection: The function.
        rng: Generator.
        leaf: Which.
        kinds: Outcomes that count as failing.
        candidates: Elements to look at first.
    """
    n = projection.x[leaf].size
    done = Elements()

    def look_at(flat: int) -> bool:
        if any(element.flat == flat for element in done.wrong):
            return True
        done.n_probes += 1
        element = probe(projection, leaf, flat, kinds)
        if element.outcome.kind in kinds:
            done.wrong.append(element)
        return element.outcome.kind in kinds

    for flat in candidates[:MAX_ELEMENTS]:
        look_at(flat)
    if done.wrong:
        return done
    if n <= SMALL:
        done.n_wrong = sum(look_at(flat) for flat in range(n))
        return done
    sampled = rng.choice(n, N_SAMPLED, replace=False)
    n_bad = sum(look_at(int(flat)) for flat in sampled)
    if n_bad >= N_SAMPLED - 1:
        done.n_wrong = n if n_bad == N_SAMPLED else None
        return done

    def fails(low: int, high: int) -> bool:
        if high - low == 1:
            return look_at(low)
        done.n_probes += 1
        return projection.along(range_direction(rng, projection.x, leaf, low, high)).kind in kinds

    bisect(n, fails, MAX_PROBES, MAX_ELEMENTS)
    return done
