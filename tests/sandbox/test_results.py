"""What a job writes is taken as data or refused."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jax_workbench.sandbox.policy import MIB, Limits
from jax_workbench.sandbox.results import Frames, InvalidResult, printable, strict_object
from jax_workbench.sandbox.worker import wire

READY = wire.frame(wire.READY, b"{}")


def test_frames_are_the_same_however_the_bytes_are_cut() -> None:
    blob = wire.frame(wire.BLOB, b'{"name": "a", "mime_type": "b"}\0' + bytes(range(256)))
    whole = READY + wire.frame(wire.PROGRESS, b"now") + blob + wire.frame(wire.VALUE, b'{"x": 1}')

    frames = Frames(Limits())
    for i in range(len(whole)):
        frames.feed(whole[i : i + 1])

    assert frames.value == {"x": 1}
    assert frames.progress == ["now"]
    assert frames.saved[0].content == bytes(range(256))


def test_a_later_draft_takes_the_place_of_an_earlier_one() -> None:
    frames = Frames(Limits())

    frames.feed(READY)
    for content in (b"early", b"late"):
        frames.feed(wire.frame(wire.DRAFT, b'{"name": "a", "mime_type": "b"}\0' + content))

    assert frames.draft is not None
    assert frames.draft.content == b"late"
    assert frames.saved == []


@pytest.mark.parametrize(
    "drafts",
    [
        pytest.param([wire.HEADER.pack(wire.DRAFT, 2 * MIB)], id="too large"),
        pytest.param(
            [wire.frame(wire.DRAFT, b'{"name": "a", "mime_type": "b"}\0')] * 1001, id="a flood"
        ),
    ],
)
def test_drafts_have_bounds(drafts: list[bytes]) -> None:
    frames = Frames(Limits(saved_mib=1))

    with pytest.raises(InvalidResult):
        frames.feed(READY + b"".join(drafts))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.binary(max_size=200))
def test_any_bytes_are_frames_or_refused(noise: bytes) -> None:
    frames = Frames(Limits())

    try:
        frames.feed(READY + noise)
    except InvalidResult:
        return

    assert frames.value is None or isinstance(frames.value, dict)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b'{"x": NaN}', id="NaN"),
        pytest.param(b'{"x": 1e999}', id="overflow to infinity"),
        pytest.param(b'{"x": [[-1e999]]}', id="nested"),
        pytest.param(b'{"x": "\\ud800"}', id="lone surrogate"),
        pytest.param(b'\xef\xbb\xbf{"x": 1}', id="byte order mark"),
        pytest.param(b"[" * 100_000, id="deep nesting"),
        pytest.param(b"[1]", id="not an object"),
        pytest.param(b"\xff", id="not UTF-8"),
    ],
)
def test_json_that_would_break_a_client_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidResult):
        strict_object(text)


def test_a_value_before_the_ready_frame_is_refused() -> None:
    with pytest.raises(InvalidResult, match="before the ready frame"):
        Frames(Limits()).feed(wire.frame(wire.VALUE, b"{}"))


def test_saved_files_are_bounded_together() -> None:
    frames = Frames(Limits(saved_mib=1))
    frames.feed(READY)
    piece = b'{"name": "a", "mime_type": "b"}\0' + b"x" * (600 * 1024)
    frames.feed(wire.frame(wire.BLOB, piece))

    with pytest.raises(InvalidResult, match="over"):
        frames.feed(wire.frame(wire.BLOB, piece))


@pytest.mark.parametrize("text", [b"", b"x" * wire.PROGRESS_BYTES])
def test_a_flood_of_progress_is_refused_even_where_it_says_nothing(text: bytes) -> None:
    frames = Frames(Limits())
    frames.feed(READY)
    flood = 20_000 * wire.frame(wire.PROGRESS, text)

    with pytest.raises(InvalidResult, match="flood"):
        frames.feed(flood)


def test_a_refusal_must_have_its_three_parts() -> None:
    frames = Frames(Limits())
    frames.feed(READY)

    with pytest.raises(InvalidResult, match="refusal"):
        frames.feed(wire.frame(wire.REFUSED, json.dumps({"code": "x"}).encode()))


def test_control_characters_do_not_reach_a_terminal() -> None:
    assert printable("a\x1b[31m\x00\r\n\tb\x9b") == "a\ufffd[31m\ufffd\ufffd\n\tb\ufffd"


def test_control_characters_in_a_value_come_back_escaped() -> None:
    text = json.dumps({"a\x1b": ["\x1b]0;x\x07", "tab\t, line\n, other line\r\n", "\x9b", "\r"]})

    value = strict_object(text.encode())

    expected = ["\\x1b]0;x\\x07", "tab\t, line\n, other line\r\n", "\\x9b", "\\x0d"]
    assert value == {"a\\x1b": expected}
