"""What an operator reads: lines with their run, one audit line a run, and spans."""

import io
import json
import logging
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest
from mcp import Client

from jax_workbench.server.ledger import audit
from jax_workbench.server.log_lines import log_audit, log_to, run_in_hand
from jax_workbench.server.settings import Settings
from tests.server.conftest import FakePool, MakeServer
from tests.server.test_calls import pool_that_raises

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _logging_as_before() -> Generator[None]:
    root = logging.getLogger()
    before, level, audited = list(root.handlers), root.level, audit.level
    yield
    root.handlers[:] = before
    root.setLevel(level)
    audit.setLevel(audited)


def logged(**settings: Any) -> io.StringIO:
    stream, chosen = io.StringIO(), Settings(**settings)
    log_to(stream, chosen)
    log_audit(chosen)
    return stream


def entries(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


async def test_each_run_leaves_one_audit_line_without_what_was_sent(
    make_server: MakeServer,
) -> None:
    stream = logged(log_format="json")

    async with Client(make_server(FakePool())) as client:
        got = await client.call_tool("echo_code", {"code": "a secret"})

    assert got.structured_content is not None
    run = got.structured_content["run"]
    (line,) = [entry for entry in entries(stream) if entry["logger"] == "jax_workbench.audit"]
    assert line["level"] == "info"
    assert line["run_id"] == run["run_id"]
    assert (line["tool"], line["outcome"], line["caller"]) == ("echo_code", "ok", "operator")
    assert (line["wall_s"], line["cpu_s"], line["tier"]) == (run["wall_s"], run["cpu_s"], "full")
    assert line["code_sha256"] == run["code_sha256"]
    assert "a secret" not in stream.getvalue()


async def test_a_run_that_fails_is_audited_with_its_code(make_server: MakeServer) -> None:
    stream = logged(log_format="json")

    async with Client(make_server(pool_that_raises(RuntimeError("a secret")))) as client:
        await client.call_tool("echo_code", {"code": "1"})

    fault, line = entries(stream)
    assert fault["level"] == "error"
    assert "RuntimeError" in fault["traceback"]
    assert line["outcome"] == "internal"
    assert fault["run_id"] == line["run_id"]


async def test_the_operator_can_do_without_the_audit(make_server: MakeServer) -> None:
    stream = logged(audit="off")

    async with Client(make_server(FakePool())) as client:
        await client.call_tool("echo_code", {"code": "1"})

    assert stream.getvalue() == ""


def test_a_line_of_text_names_the_run_in_hand() -> None:
    stream = logged()
    run_in_hand.set("echo-1")

    logging.getLogger("a.logger").warning("beware")

    assert stream.getvalue().endswith(" WARNING a.logger [echo-1]: beware\n")


def test_a_message_with_line_breaks_stays_one_line_of_json() -> None:
    stream = logged(log_format="json")

    logging.getLogger("a.logger").warning("one\ntwo \ud800")

    (entry,) = entries(stream)
    assert entry["message"] == "one\ntwo \ud800"


class Tracer:
    """Notes the names of the spans that are begun."""

    def __init__(self, real: Any) -> None:
        """Begin them with `real`."""
        self._real = real
        self.begun: list[tuple[str, Any]] = []

    @contextmanager
    def start_as_current_span(self, name: str, **options: Any) -> Generator[Any]:
        """Note the name, and what is said about it."""
        self.begun.append((name, options.get("attributes")))
        with self._real.start_as_current_span(name, **options) as span:
            yield span


async def test_each_request_is_a_span_of_open_telemetry(
    make_server: MakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mcp.shared import _otel  # noqa: PLC0415 - private: there is no other place to listen

    tracer = Tracer(_otel._tracer)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(_otel, "_tracer", tracer)

    async with Client(make_server(FakePool())) as client:
        await client.call_tool("echo_code", {"code": "1"})

    served = {name: about for name, about in tracer.begun if about and "gen_ai.tool.name" in about}
    assert served["tools/call echo_code"]["gen_ai.operation.name"] == "execute_tool"
