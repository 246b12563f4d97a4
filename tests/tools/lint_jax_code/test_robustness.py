"""A sample of what `tests/records/lint_robustness.py` tries in full."""

from collections.abc import Callable, Iterator
from itertools import islice

import pytest

from jax_workbench.tools.lint_jax_code.engine import analysis
from jax_workbench.tools.lint_jax_code.fixing import fixed
from jax_workbench.tools.lint_jax_code.linting import lint_text
from tests.records.lint_hostile_texts import HEAD, hostile_texts
from tests.records.lint_robustness import cut_by_characters, cut_by_lines, outcome

BRANCH = "@jax.jit\ndef g(x):\n    if x > 0:\n        return x\n    return -x\n"


@pytest.mark.parametrize("cuts", [cut_by_lines, cut_by_characters])
def test_a_program_cut_off_anywhere_is_answered(
    cuts: Callable[[], Iterator[tuple[str, str]]],
) -> None:
    sample = [*islice(cuts(), 0, None, 61)]

    raised = {name: done.raised for name, text in sample if (done := outcome((name, text))).raised}

    assert raised == {}
    assert len(sample) > 50


@pytest.mark.parametrize("name", hostile_texts(30))
def test_a_hostile_text_is_answered(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "MAX_STEPS", 10_000)
    text = hostile_texts(30)[name]

    linted = lint_text(text, "program.py")

    assert all(0 <= hit.start <= hit.end <= len(text) for hit in linted.hits)


@pytest.mark.parametrize("name", ["loops", "comprehensions"])
def test_what_has_too_many_paths_is_left_off_and_that_is_said(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis, "MAX_STEPS", 10_000)

    assert lint_text(hostile_texts(10)[name]).is_incomplete
    assert not lint_text(hostile_texts(10)["lines"]).is_incomplete


def test_a_function_that_is_too_deep_is_left_out_alone() -> None:
    # Too deep for the engine; at 3,000 the parser of Python 3.12 gives up on the whole text.
    deep = hostile_texts(1200)["elif"]

    linted = lint_text(f"{deep}\n{BRANCH}")

    assert "JAX101" in {hit.rule.code for hit in linted.hits}
    assert linted.is_incomplete


def test_many_fixes_that_do_not_touch_are_made_at_once() -> None:
    text = HEAD + "x[0] = 1.0\n" * 300

    after = fixed(text)

    assert after == HEAD + "x = x.at[0].set(1.0)\n" * 300


@pytest.mark.parametrize(
    "row",
    ["%matplotlib inline", "! pip install flax", "![ -f a ] && ls", "t = %timeit -o g(1.0)", "!ls"],
)
def test_the_lines_of_a_notebook_that_are_no_python_are_passed_over(row: str) -> None:
    linted = lint_text(f"{row}\nimport jax\n{BRANCH}")

    lines = [linted.source.lines.place(found.start)[0] for found in linted.shown]

    assert [found.rule.code for found in linted.shown] == ["JAX101"]
    assert lines == [5]
