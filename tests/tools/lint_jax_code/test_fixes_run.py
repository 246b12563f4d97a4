"""Safe fixes of the rules' own examples: what comes out is clean, and runs."""

from pathlib import Path

import pytest

from jax_workbench.tools.lint_jax_code.fixing import fixed
from jax_workbench.tools.lint_jax_code.linting import lint_text
from tests.tools.lint_jax_code.test_rules import cases


def has_safe_fix(code: str, text: str) -> bool:
    """Whether a rule mends its own example."""
    fixes = [hit.fix for hit in lint_text(text).shown if hit.rule.code == code]
    return any(fix and fix.applicability == "safe" and fix.edits for fix in fixes)


MENDED = {code: fixed(bad) for code, (bad, _) in cases().items() if has_safe_fix(code, bad)}


def test_most_rules_that_can_be_mended_safely_are_tried() -> None:
    assert len(MENDED) >= 24


@pytest.mark.parametrize("code", MENDED)
def test_a_safely_mended_example_is_clean_and_runs(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    loud = [hit.message for hit in lint_text(MENDED[code]).shown if hit.severity != "info"]

    exec(compile(MENDED[code], code, "exec"), {"__name__": "mended"})  # noqa: S102 - our own text

    assert loud == []


@pytest.mark.parametrize(
    "text",
    [
        "import jax\nx = jax.core.Literal\ny = jax.core.Var\n",
        "import jax\nimport jax.experimental\nx = jax.experimental.stax\n",
        "import jax\nx = jax.linear_util\n",
        "import jax\nx = jax.prng.threefry_2x32\n",
    ],
)
def test_a_new_name_in_another_module_comes_with_its_import(text: str) -> None:
    after = fixed(text)

    exec(compile(after, "mended", "exec"), {})  # noqa: S102 - our own text

    assert after != text
