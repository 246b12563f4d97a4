import re
from pathlib import Path

import pytest

from jax_workbench.tools.lint_jax_code.engine.rule import Rule
from jax_workbench.tools.lint_jax_code.fixing import fixed
from jax_workbench.tools.lint_jax_code.linting import lint_text
from jax_workbench.tools.lint_jax_code.rules import all_rules

CASES = Path(__file__).parent / "cases" / "rules.txt"
IMPORTS = """\
import math, time
from functools import partial
import jax, jax.numpy as jnp, jax.random as jr, numpy as np, optax, numpyro
import numpyro.distributions as dist
from jax import jit as J, lax
from flax import nnx
"""


def cases() -> dict[str, tuple[str, str]]:
    """The bad and the good example of each rule."""
    found: dict[str, tuple[str, str]] = {}
    for section in re.split(r"^### ", CASES.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        code, _, rest = section.partition("\n")
        bad, _, good = rest.partition("--- good\n")
        found[code] = (IMPORTS + bad, IMPORTS + good)
    return found


def found_in(text: str, code: str) -> list[int]:
    """The lines on which a rule reports."""
    linted = lint_text(text)
    return [linted.source.lines.place(h.start)[0] for h in linted.shown if h.rule.code == code]


def expected_in(text: str, code: str) -> list[int]:
    rows = text.split("\n")
    return [n for n, row in enumerate(rows, 1) if row.endswith(f"# {code}")]


def test_every_rule_has_its_cases() -> None:
    assert sorted(rule.code for rule in all_rules()) == sorted(cases())


@pytest.mark.parametrize("code", list(cases()))
def test_bad_code_is_found_on_its_line(code: str) -> None:
    bad, _ = cases()[code]

    assert found_in(bad, code) == expected_in(bad, code) != []


@pytest.mark.parametrize("code", list(cases()))
def test_good_code_is_silent(code: str) -> None:
    _, good = cases()[code]

    loud = [h.message for h in lint_text(good).shown if h.severity != "info"]

    assert found_in(good, code) == []
    assert loud == []


@pytest.mark.parametrize("code", list(cases()))
def test_safe_fixes_parse_and_mend(code: str) -> None:
    bad, _ = cases()[code]
    fixes = [h.fix for h in lint_text(bad).shown if h.rule.code == code]

    after = fixed(bad, level="safe")

    assert lint_text(after).source.broken is None
    if any(fix is not None and fix.applicability == "safe" for fix in fixes):
        assert found_in(after, code) == []


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_every_rule_has_a_page(rule: Rule) -> None:
    assert rule.headline.endswith(".")
    assert rule.why
    assert "## Use instead" in rule.page
