import pytest

from jax_workbench.server.demo import show_demo
from jax_workbench.server.readable import lines_of


@pytest.mark.slow
@pytest.mark.anyio
async def test_the_demo_finds_every_answer_as_expected(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = await show_demo()

    said = capsys.readouterr().out
    assert code == 0
    assert "What a hostile snippet gets" in said
    assert "NOT AS EXPECTED" not in said


def test_a_result_is_shown_one_field_a_line() -> None:
    result = {
        "value": None,
        "mean_s": 1.23456789,
        "stdout": "one\ntwo\n",
        "rows": [{"name": "a", "n": 1, "note": "x" * 100}, {"name": "b", "n": 2, "note": ""}],
    }

    assert list(lines_of(result, "")) == [
        "mean_s: 1.2346",
        "stdout:",
        "  one",
        "  two",
        "rows:",
        "  - name: a",
        "    n: 1",
        "    note:",
        "      " + "x" * 96,
        '  - {"name": "b", "n": 2, "note": ""}',
    ]


def test_what_is_left_out_is_counted() -> None:
    lines = list(lines_of({"rows": [[i] * 40 for i in range(9)], "text": "line\n" * 20}, ""))

    assert "  - and 5 more" in lines
    assert "  ... and 8 more lines" in lines
