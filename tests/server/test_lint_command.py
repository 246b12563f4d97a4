"""`jax-workbench lint` as a user and a CI job meet it."""

import json
from pathlib import Path
from typing import Any

import pytest

from jax_workbench.server import lint_files
from jax_workbench.server.lint_cache import MAX_AGE_S, LintCache, default_cache_dir, rules_version
from jax_workbench.server.lint_command import lint_command

REUSED = "import jax\nk = jax.random.key(0)\na = jax.random.normal(k)\nb = jax.random.normal(k)\n"
BRANCH = "import jax\n@jax.jit\ndef f(x):\n    if x > 0:\n        return x\n    return -x\n"
GIVEN: dict[str, Any] = {
    "select": (),
    "ignore": (),
    "min_severity": None,
    "fail_on": None,
    "profile": "",
    "fix": "none",
    "no_cache": False,
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    place = tmp_path / "project"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


def lint(*paths: str, form: str = "text", jobs: int = 1, **given: Any) -> int:
    return lint_command([Path(p) for p in paths], form, GIVEN | given, jobs)


def test_a_finding_is_pointed_at_with_its_related_lines(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "a.py").write_text(REUSED)

    code = lint("a.py")

    rows = capsys.readouterr().out.splitlines()
    assert code == 1
    assert rows[0].startswith("a.py:4:5: JAX301 key-reuse: ")
    assert rows[1:] == [
        "    b = jax.random.normal(k)",
        "        ^^^^^^^^^^^^^^^^^^^^",
        "    line 3: used here before",
        "1 finding in 1 file.",
    ]


def test_carets_stand_under_what_is_meant_behind_wide_characters(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "a.py").write_text(
        'import jax.numpy as jnp\nx = jnp.ones(3)\ns = "日本"; x[0] = 1\n', encoding="utf-8"
    )

    lint("a.py")

    row, marks = capsys.readouterr().out.splitlines()[1:3]
    assert row.strip() == 's = "日本"; x[0] = 1'
    assert marks == "    " + " " * 12 + "^" * 8


def test_findings_in_a_notebook_count_in_their_cell(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = [
        {"cell_type": "markdown", "source": "# Title"},
        {"cell_type": "code", "source": ["import jax.numpy as jnp\n", "x = jnp.ones(3)\n"]},
        {"cell_type": "code", "source": ["%time x\n", "x[0] = 1"]},
    ]
    (folder / "a.ipynb").write_text(json.dumps({"cells": cells}))

    lint("a.ipynb")
    lint("a.ipynb", form="github")
    lint("a.ipynb", form="sarif")

    text, row, marks, _, github, *sarif = capsys.readouterr().out.splitlines()
    assert text.startswith("a.ipynb:cell 3:2:1: JAX401 ")
    assert (row, marks) == ("    x[0] = 1", "    ^^^^^^^^")
    assert github.startswith(
        "::error file=a.ipynb,title=JAX401 inplace-item-assignment::cell 3:2:1"
    )
    (result,) = json.loads("\n".join(sarif))["runs"][0]["results"]
    assert result["message"]["text"].startswith("cell 3:2:1: ")
    assert "region" not in result["locations"][0]["physicalLocation"]


def test_sarif_has_what_its_schema_requires_and_tells_suppressions_and_fixes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "a.py").write_text(
        REUSED + "c = jax.random.normal(k)  # noqa: JAX301\nc[0] = 1\n", encoding="utf-8"
    )

    lint("a.py", form="sarif")

    log = json.loads(capsys.readouterr().out)
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    rules = run["tool"]["driver"]["rules"]
    assert all(rule["id"] and rule["shortDescription"]["text"] for rule in rules)
    assert [r["ruleId"] for r in run["results"]] == ["JAX301", "JAX401", "JAX301"]
    for result in run["results"]:
        assert result["message"]["text"]
        assert result["level"] in {"error", "warning", "note"}
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        region = result["locations"][0]["physicalLocation"]["region"]
        assert 1 <= region["startLine"] <= region["endLine"]
        assert min(region["startColumn"], region["endColumn"]) >= 1
    reused, stored, taken_back = run["results"]
    assert reused["relatedLocations"][0]["physicalLocation"]["region"]["startLine"] == 3
    (change,) = stored["fixes"][0]["artifactChanges"]
    assert change["replacements"][0]["insertedContent"]["text"] == "c = c.at[0].set(1)"
    assert taken_back["suppressions"] == [{"kind": "inSource"}]


def test_a_fingerprint_stays_with_its_line_and_tells_equal_lines_apart(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def prints(text: str) -> list[str]:
        (folder / "a.py").write_text(text)
        lint("a.py", form="sarif")
        results = json.loads(capsys.readouterr().out)["runs"][0]["results"]
        return [result["partialFingerprints"]["findingHash/v1"] for result in results]

    first = prints(REUSED + "b = jax.random.normal(k)\n")
    moved = prints("# moved\n\n" + REUSED + "b = jax.random.normal(k)\n")

    assert first == moved
    assert len(set(first)) == 2


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, 1),
        ({"ignore": ("JAX3",)}, 0),
        ({"select": ("key-reuse",)}, 1),
        ({"select": ("JAX999",)}, 2),
        ({"ignore": ("jax",)}, 0),
    ],
)
def test_the_exit_code_says_what_was_found(folder: Path, given: dict[str, Any], code: int) -> None:
    (folder / "a.py").write_text(REUSED)

    assert lint("a.py", **given) == code


def test_a_name_that_no_rule_has_is_refused_and_not_taken_for_clean(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "a.py").write_text(REUSED)

    assert lint("a.py", select=("JAX31",)) == 2
    assert "no rule or family is named JAX31" in capsys.readouterr().err


def test_what_is_not_linted_is_named_and_the_rest_is_linted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "a.ipynb").write_text("[]")
    (folder / "b.py").write_text(REUSED)

    code = lint(".")

    said = capsys.readouterr()
    assert code == 2
    assert "a.ipynb was not linted: it is no notebook" in said.err
    assert "JAX301" in said.out


def test_an_unchanged_file_is_answered_from_the_cache(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.py").write_text(REUSED)
    lint("a.py")
    first = capsys.readouterr().out
    linted: list[object] = []
    monkeypatch.setattr(lint_files, "lint_one", linted.append)

    code = lint("a.py")

    assert (code, capsys.readouterr().out, linted) == (1, first, [])


@pytest.mark.parametrize("change", ["text", "ignore", "profile", "rules"])
def test_what_decides_the_findings_makes_an_entry_stale(
    folder: Path, change: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.py").write_text(REUSED)
    lint("a.py")
    given: dict[str, Any] = {}
    match change:
        case "text":
            (folder / "a.py").write_text(BRANCH)
        case "ignore":
            given["ignore"] = ("NNX",)
        case "profile":
            given["profile"] = "library"
        case _:
            monkeypatch.setattr("jax_workbench.server.lint_cache.rules_version", lambda: "other")

    lint("a.py", **given)

    assert len([*default_cache_dir().iterdir()]) == 2
    capsys.readouterr()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"key": "x", "report": {}}', '{"report": 1}'])
def test_a_broken_entry_is_made_again(
    folder: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "a.py").write_text(REUSED)
    lint("a.py")
    (entry,) = default_cache_dir().iterdir()
    whole = entry.read_text()
    entry.write_text(content)

    code = lint("a.py")

    assert code == 1
    assert entry.read_text() == whole
    capsys.readouterr()


def test_entries_that_nobody_used_for_long_are_dropped(tmp_path: Path) -> None:
    cache = LintCache(tmp_path / "entries")
    report: dict[str, Any] = {
        "findings": [],
        "suppressed": [],
        "is_incomplete": False,
        "failure": "",
        "is_changed": False,
    }
    key = cache.key("a")
    cache.put(key, report)
    used_s = (tmp_path / "entries" / f"{key}.json").stat().st_mtime

    cache.prune(now_s=used_s + MAX_AGE_S - 1)
    kept = cache.get(key)
    cache.prune(now_s=used_s + MAX_AGE_S + 3600)

    assert kept == report
    assert cache.get(key) is None


def test_a_cache_that_cannot_be_written_is_let_be(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    (folder / "a.py").write_text(REUSED)

    assert lint("a.py") == 1


def test_the_digest_of_the_rules_is_one_of_their_files() -> None:
    assert rules_version() == rules_version()
    assert len(rules_version()) == 64


def test_the_files_that_fixes_change_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "a.py").write_text("import jax.numpy as jnp\nx = jnp.ones(3)\nx[0] = 1\n")
    (folder / "b.py").write_text("import jax.numpy as jnp\nx = jnp.ones(3)\n")

    lint("a.py", "b.py", fix="safe")

    assert capsys.readouterr().err == "jax-workbench: a.py was changed by --fix.\n"
    assert "x = x.at[0].set(1)" in (folder / "a.py").read_text()


def test_what_only_a_run_finds_has_a_name_too(folder: Path) -> None:
    (folder / "a.py").write_text("import jax\n")

    assert lint("a.py", ignore=("raises-when-run", "JAX006")) == 0
