import pytest

from jax_workbench.tools.benchmark_fn.pressure import Pressure, Totals, read_totals


def marked(*totals: Totals) -> Pressure:
    source = iter(totals)
    pressure = Pressure(read=lambda: next(source))
    for _ in totals:
        pressure.mark()
    return pressure


def test_only_the_last_seconds_count() -> None:
    pressure = marked(
        Totals(0.0, 0, 0, 0),
        Totals(10.0, 9_000_000, 400, 1000),
        Totals(12.0, 9_500_000, 420, 1400),
    )

    stalled, stolen = pressure.shares(2.0)

    assert stalled == pytest.approx(0.25)
    assert stolen == pytest.approx(0.05)


def test_a_stretch_longer_than_the_marks_takes_them_all() -> None:
    pressure = marked(Totals(0.0, 0, 0, 0), Totals(4.0, 1_000_000, 0, 800))

    assert pressure.shares(100.0) == (pytest.approx(0.25), 0.0)


def test_what_the_kernel_does_not_say_is_none() -> None:
    pressure = marked(Totals(0.0, None, None, None), Totals(1.0, None, None, None))

    assert pressure.shares(1.0) == (None, None)
    assert Pressure().shares(1.0) == (None, None)


def test_this_kernel_can_be_read() -> None:
    found = read_totals()

    assert found.all_ticks is None or found.all_ticks > 0
    assert found.stalled_us is None or found.stalled_us >= 0
