"""A stream's kept part."""

import pytest

from jax_workbench.sandbox.captured import Captured


def test_a_short_stream_is_kept_whole() -> None:
    captured = Captured(100)
    captured.feed("grün".encode())
    captured.feed(b" ok")

    assert captured.text() == "grün ok"
    assert not captured.is_truncated


@pytest.mark.parametrize("piece_bytes", [1, 7, 64, 1000])
def test_a_long_stream_keeps_its_head_and_its_tail(piece_bytes: int) -> None:
    stream = b"".join(b"%04d" % i for i in range(1000))
    captured = Captured(400)

    for start in range(0, len(stream), piece_bytes):
        captured.feed(stream[start : start + piece_bytes])

    text = captured.text()
    assert captured.is_truncated
    assert text.startswith("0000" + "0001")
    assert text.endswith("0999")
    assert f"[... {len(stream) - 400} bytes left out ...]" in text


def test_exactly_the_limit_is_not_truncated() -> None:
    captured = Captured(8)
    captured.feed(b"12345678")

    assert captured.text() == "12345678"
    assert not captured.is_truncated
