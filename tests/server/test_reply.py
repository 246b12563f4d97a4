import json
from typing import Any

import pytest
from mcp import types

from jax_workbench.server.reply import (
    MAX_FAILURE_LENGTH,
    MAX_PICTURE_BYTES,
    PNG_MAGIC,
    Answered,
    Failed,
    end_of_output,
    picture_of,
    reply,
)
from jax_workbench.server.run_store import Artifact


def text_of(got: types.CallToolResult) -> str:
    assert isinstance(got.content[0], types.TextContent)
    return got.content[0].text


def test_the_text_is_compact_json_of_the_structure() -> None:
    envelope: dict[str, Any] = {"status": "ok", "summary": "μ = 1", "result": {"x": [1, 2.5]}}

    got = reply(Answered(envelope))

    assert text_of(got) == '{"status":"ok","summary":"μ = 1","result":{"x":[1,2.5]}}'
    assert got.structured_content == envelope
    assert not got.is_error


def test_an_error_is_text_only() -> None:
    got = reply(Failed("timed_out", "No result after 2 s.", "Raise timeout_s."))

    assert text_of(got) == "timed_out: No result after 2 s. Raise timeout_s."
    assert got.is_error
    assert got.structured_content is None


def test_a_long_error_keeps_its_cause_and_its_next_step() -> None:
    failure = Failed("user_code_failed", "ValueError at line 3." + "x" * 20_000, "Mend line 3.")

    text = failure.text()

    assert len(text) <= MAX_FAILURE_LENGTH
    assert text.startswith("user_code_failed: ValueError at line 3.")
    assert text.endswith("Mend line 3.")
    assert "[...]" in text


def test_a_number_that_json_has_no_word_for_is_never_sent() -> None:
    with pytest.raises(ValueError, match="JSON"):
        reply(Answered({"x": float("inf")}))


def test_half_a_character_is_replaced_in_text_and_structure_alike() -> None:
    got = reply(Answered({"said": "a\udc80b"}))

    assert got.structured_content == {"said": "a?b"}
    assert json.loads(text_of(got)) == got.structured_content
    assert Failed("internal", "a\udc80b", "").text() == "internal: a?b "


def test_the_first_small_picture_travels_with_the_answer() -> None:
    large = Artifact("large.png", "image/png", PNG_MAGIC + bytes(MAX_PICTURE_BYTES))
    false = Artifact("false.png", "image/png", b"GIF89a")
    small = Artifact("small.png", "image/png", PNG_MAGIC + b"1")
    second = Artifact("second.png", "image/png", PNG_MAGIC + b"2")

    picture = picture_of([large, false, small, second])

    assert picture == small.content
    assert [c.type for c in reply(Answered({}, picture)).content] == ["text", "image"]


def test_only_the_end_of_a_flood_is_shown() -> None:
    shown = end_of_output("a" * 10_000 + "END", "")

    assert shown.endswith("END\n")
    assert len(shown) < 1600
    assert "stderr" not in shown
