import pytest

from jax_workbench.tools.common.cut_text import cut_end, cut_middle, json_bytes


@pytest.mark.parametrize("text", ["", "abc", "a\nb", 'say "so"', "é", "\x00"])
def test_text_that_fits_stays_as_it_is(text: str) -> None:
    assert cut_middle(text, json_bytes(text)) == text
    assert cut_end(text, json_bytes(text)) == text


@pytest.mark.parametrize("part", ["a", "é", "\x00", '"', "\U0001f600", "\ud800"])
def test_a_cut_text_keeps_both_ends_in_its_room(part: str) -> None:
    cut = cut_middle(f"first{part * 5000}last", 900)

    head, mark, tail = cut.split("\n")
    assert head.startswith("first")
    assert tail.endswith("last")
    assert json_bytes(head) + json_bytes(tail) <= 900
    assert mark == f"[... {5009 - len(head) - len(tail)} characters left out ...]"


def test_a_cut_end_is_three_dots() -> None:
    assert cut_end("abcdefghij", 6) == "abc..."
    assert cut_end("ééééé", 7) == "éé..."
