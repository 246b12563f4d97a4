"""What the linter leaves out for speed changes nothing that it finds."""

from dataclasses import replace

import pytest

from jax_workbench.tools.lint_jax_code import linting
from jax_workbench.tools.lint_jax_code.linting import lint_text
from jax_workbench.tools.lint_jax_code.rules import all_rules
from tests.tools.lint_jax_code.test_rules import cases

NAMED = [rule for rule in all_rules() if rule.calls]


def findings(text: str) -> list[tuple[str, int, int, str]]:
    return [(h.rule.code, h.start, h.end, h.message) for h in lint_text(text).hits]


def test_rules_that_name_the_calls_they_look_at_find_the_same_when_asked_about_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = [text for pair in cases().values() for text in pair]
    named = [findings(text) for text in texts]
    everything = tuple(replace(rule, calls=()) for rule in all_rules())

    monkeypatch.setattr(linting, "all_rules", lambda: everything)

    assert [findings(text) for text in texts] == named
    assert len(NAMED) > 40


def test_a_rule_looks_at_calls_by_the_beginning_of_a_name_or_by_the_method() -> None:
    rule = replace(all_rules()[0], calls=("jax.numpy.", ".item"))

    assert rule.looks_at("jax.numpy.sin", "sin")
    assert rule.looks_at("", "item")
    assert not rule.looks_at("", "items")
    assert not rule.looks_at("numpy.sin", "sin")
