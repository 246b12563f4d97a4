from collections import Counter
from typing import Any

import numpy as np
import pytest

from jax_workbench.tools.benchmark_fn import rounds as rounds_module
from jax_workbench.tools.benchmark_fn.rounds import (
    MIN_BLOCK_NS,
    Rounds,
    calls_per_block,
    evened,
    timed_block,
)


class FakeHost:
    """A clock that only calls move: each takes the time that its function is said to take."""

    def __init__(self) -> None:
        """Start at zero."""
        self.now_ns = 0
        self.n_syncs = 0
        self.log: list[tuple[str, Any]] = []

    def clock(self) -> int:
        """Wall clock."""
        return self.now_ns

    def cpu_clock(self) -> int:
        """Half of the time something else runs."""
        return self.now_ns // 2

    def sync(self, out: Any) -> Any:
        """Count."""
        self.n_syncs += 1
        return out

    def function(self, name: str, takes_ns: int) -> Any:
        """A function that takes that long and returns its name and its argument."""

        def call(argument: Any) -> Any:
            self.now_ns += takes_ns
            self.log.append((name, argument))
            return name, argument

        return call


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    fake = FakeHost()
    monkeypatch.setattr(rounds_module, "CLOCK", fake.clock)
    monkeypatch.setattr(rounds_module, "CPU_CLOCK", fake.cpu_clock)
    monkeypatch.setattr(rounds_module, "SYNC", fake.sync)
    return fake


def test_every_call_is_waited_for(host: FakeHost) -> None:
    _, wall, cpu, _ = timed_block(host.function("f", 1000), ["x"], 7, 7)

    assert host.n_syncs == 7
    assert (wall, cpu) == (7000, 3500)


@pytest.mark.parametrize(
    ("takes_ns", "calls"),
    [(100, 20_000), (10_000, 200), (3_000_000, 1), (999_999, 3)],
)
def test_a_block_has_as_many_calls_as_make_2_ms(host: FakeHost, takes_ns: int, calls: int) -> None:
    assert calls_per_block(host.function("f", takes_ns), [["x"]]) == calls


def test_equally_fast_variants_get_equally_many_calls_whatever_calibration_saw() -> None:
    assert evened([1, 3, 2]) == [3, 3, 3]
    assert evened([1, 4, 200]) == [1, 4, 200]


def test_each_round_times_every_variant_once_on_the_same_next_input_set(host: FakeHost) -> None:
    slow = MIN_BLOCK_NS
    rounds = Rounds([host.function(n, slow) for n in "abc"], [["x"], ["y"]], seed=1)
    rounds.calibrate()
    host.log.clear()

    rounds.run(1e9, max_rounds=10)

    by_round = [host.log[i : i + 3] for i in range(0, 30, 3)]
    assert [{name for name, _ in calls} for calls in by_round] == [set("abc")] * 10
    assert [{argument for _, argument in calls} for calls in by_round] == [{"x"}, {"y"}] * 5


def test_the_order_within_a_round_is_random(host: FakeHost) -> None:
    rounds = Rounds([host.function(n, MIN_BLOCK_NS) for n in "ab"], [["x"]], seed=1)
    rounds.calibrate()
    host.log.clear()

    rounds.run(1e9, max_rounds=400)

    first = Counter(name for name, _ in host.log[::2])
    assert 150 < first["a"] < 250


def test_times_are_those_of_one_call_in_order_of_time(host: FakeHost) -> None:
    rounds = Rounds([host.function("a", 500_000), host.function("b", 4_000_000)], [["x"]], seed=1)
    rounds.calibrate()

    rounds.run(1e9, max_rounds=5)

    assert rounds.n_calls == [4, 1]
    assert rounds.times_us(0, "wall").tolist() == [500.0] * 5
    assert rounds.times_us(1, "cpu").tolist() == [2000.0] * 5


def test_it_stops_after_the_first_round_that_passes_the_time(host: FakeHost) -> None:
    rounds = Rounds([host.function("a", 300_000_000)], [["x"]], seed=1)
    rounds.calibrate()

    took = rounds.run(1.0)

    assert took == pytest.approx(1.2)
    assert rounds.n_rounds == 4


def test_outputs_of_about_one_timed_call_in_twenty_are_compared_again(host: FakeHost) -> None:
    seen: list[tuple[int, int, Any]] = []
    rounds = Rounds(
        [host.function("a", MIN_BLOCK_NS), host.function("b", MIN_BLOCK_NS)],
        [["x"], ["y"]],
        seed=2,
        recheck=lambda variant, input_set, out: seen.append((variant, input_set, out)),
    )
    rounds.calibrate()

    rounds.run(1e9, max_rounds=1000)

    assert 60 < len(seen) < 140
    assert all(out == ("ab"[variant], "xy"[s]) for variant, s, out in seen)


def test_the_call_that_is_compared_may_be_any_of_its_block(host: FakeHost) -> None:
    kept: list[Any] = []
    n = 40
    counter = iter(range(10**9))

    def call(_argument: Any) -> int:
        host.now_ns += MIN_BLOCK_NS // n
        return next(counter)

    rounds = Rounds([call], [["x"]], seed=3, recheck=lambda _v, _s, out: kept.append(out))
    rounds.n_calls = [n]

    rounds.run(1e9, max_rounds=500)

    positions = np.asarray(kept) % n
    assert len(kept) == 500
    assert len(set(positions.tolist())) > 35
