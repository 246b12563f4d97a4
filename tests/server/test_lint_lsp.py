"""The language server, through a scripted editor."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jax_workbench.server.lint_lsp import LintServer, serve_editor
from jax_workbench.server.lsp_stream import BrokenStreamError, read_message, write_message

URI = "file:///project/a.py"
STORE = 'import jax.numpy as jnp\nx = jnp.ones(3)\ns = "🙂"; x[0] = 1\n'
PLACE = {"start": {"line": 2, "character": 10}, "end": {"line": 2, "character": 18}}
"""Of `x[0] = 1`, in UTF-16 units: the face before it counts two."""


class Editor:
    """Sends messages one by one and keeps what comes back."""

    def __init__(self) -> None:
        """Start."""
        self.written = io.BytesIO()
        self.server = LintServer(self.written)
        self.ask("initialize", {"capabilities": {}})

    def tell(self, method: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        """What the server says after a notification."""
        self.server.take({"method": method, "params": params})
        self.server.publish()
        return self.said()

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        """The answer to a request."""
        self.server.take({"id": 1, "method": method, "params": params})
        return self.said()[-1]

    def open(self, text: str, uri: str = URI) -> list[dict[str, Any]]:
        """The diagnostics of a document."""
        document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        (message,) = self.tell("textDocument/didOpen", {"textDocument": document})
        assert message["method"] == "textDocument/publishDiagnostics"
        return message["params"]["diagnostics"]

    def said(self) -> list[dict[str, Any]]:
        """What the server has written since the last time."""
        stream = io.BytesIO(self.written.getvalue())
        self.written.seek(0)
        self.written.truncate()
        messages: list[dict[str, Any]] = []
        while (message := read_message(stream)) is not None:
            messages.append(message)
        return messages


def actions(editor: Editor, only: list[str] | None = None) -> list[dict[str, Any]]:
    context: dict[str, Any] = {"diagnostics": []}
    if only is not None:
        context["only"] = only
    params = {"textDocument": {"uri": URI}, "range": PLACE, "context": context}
    return editor.ask("textDocument/codeAction", params)["result"]


def test_what_is_found_is_told_at_its_place_in_utf_16() -> None:
    (found,) = Editor().open(STORE)

    assert (found["code"], found["severity"]) == ("JAX401", 1)
    assert found["range"] == PLACE


def test_a_change_is_linted_anew_and_closing_takes_all_back() -> None:
    editor = Editor()
    editor.open(STORE)

    mended = editor.tell(
        "textDocument/didChange",
        {"textDocument": {"uri": URI}, "contentChanges": [{"text": "import jax\n"}]},
    )
    closed = editor.tell("textDocument/didClose", {"textDocument": {"uri": URI}})

    assert [m["params"]["diagnostics"] for m in (*mended, *closed)] == [[], []]


def test_a_safe_fix_is_offered_where_the_finding_is() -> None:
    editor = Editor()
    editor.open(STORE)

    quick, everything = actions(editor)

    assert (quick["title"], quick["isPreferred"]) == ("Use .at", True)
    (edit,) = quick["edit"]["changes"][URI]
    assert edit == {"range": PLACE, "newText": "x = x.at[0].set(1)"}
    (whole,) = everything["edit"]["changes"][URI]
    assert whole["newText"] == STORE.replace("x[0] = 1", "x = x.at[0].set(1)")


@pytest.mark.parametrize(
    ("only", "kinds"),
    [
        (["quickfix"], ["quickfix"]),
        (["source"], ["source.fixAll.jax-workbench"]),
        (["source.fixAll"], ["source.fixAll.jax-workbench"]),
        (["refactor"], []),
    ],
)
def test_an_editor_gets_the_kinds_of_actions_that_it_asks_for(
    only: list[str], kinds: list[str]
) -> None:
    editor = Editor()
    editor.open(STORE)

    assert [action["kind"] for action in actions(editor, only)] == kinds


def test_hovering_shows_the_page_of_the_rule_there_and_nothing_elsewhere() -> None:
    editor = Editor()
    editor.open(STORE)
    document = {"textDocument": {"uri": URI}}

    there = editor.ask("textDocument/hover", document | {"position": PLACE["start"]})["result"]
    elsewhere = editor.ask(
        "textDocument/hover", document | {"position": {"line": 0, "character": 0}}
    )

    assert there["contents"]["value"].startswith("**JAX401 inplace-item-assignment**")
    assert "## Why is this bad?" in there["contents"]["value"]
    assert elsewhere["result"] is None


def test_a_text_that_does_not_parse_is_told_so() -> None:
    (found,) = Editor().open("import jax\nx = (\n")

    assert found["code"] == "JAX000"
    assert found["range"]["start"]["line"] == 1


def test_the_project_of_the_file_is_asked(tmp_path: Path) -> None:
    settings = '[tool.jax-workbench.lint]\nignore = ["JAX4"]\n'
    (tmp_path / "pyproject.toml").write_text(settings, encoding="utf-8")

    assert Editor().open(STORE, (tmp_path / "a.py").as_uri()) == []
    assert len(Editor().open(STORE, "untitled:1")) == 1


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"id": 7, "method": "textDocument/rename", "params": {}}, -32601),
        ({"id": 7, "method": "textDocument/hover", "params": {}}, -32602),
        ({"id": 7, "method": "textDocument/hover", "params": [1]}, -32602),
        ({}, -32700),
    ],
)
def test_a_wrong_message_is_answered_and_the_server_stays(
    message: dict[str, Any], code: int
) -> None:
    editor = Editor()

    editor.server.take(message)

    (answer,) = editor.said()
    assert answer["error"]["code"] == code
    assert len(editor.open(STORE)) == 1


def test_nothing_is_answered_before_it_is_initialized() -> None:
    written = io.BytesIO()

    LintServer(written).take({"id": 1, "method": "textDocument/hover", "params": {}})

    written.seek(0)
    message = read_message(written)
    assert message is not None
    assert message["error"]["code"] == -32002


@pytest.mark.parametrize(
    "stream", [b"Content-Length: x\r\n\r\n{}", b"Nothing: 1\r\n\r\n", b"Content-Length: -5\r\n\r\n"]
)
def test_a_stream_without_a_length_ends_the_server(stream: bytes) -> None:
    with pytest.raises(BrokenStreamError):
        read_message(io.BytesIO(stream))

    assert serve_editor(io.BytesIO(stream), io.BytesIO()) == 1


@pytest.mark.parametrize("stream", [b"", b"Content-Length: 5\r\n\r\n{", b"Content-Le"])
def test_an_editor_that_goes_away_ends_the_server(stream: bytes) -> None:
    assert serve_editor(io.BytesIO(stream), io.BytesIO()) == 1


def test_the_command_serves_an_editor_until_it_leaves() -> None:
    sent = io.BytesIO()
    document = {"uri": URI, "languageId": "python", "version": 1, "text": STORE}
    write_message(sent, {"id": 1, "method": "initialize", "params": {}})
    write_message(sent, {"method": "textDocument/didOpen", "params": {"textDocument": document}})
    hover = {"textDocument": {"uri": URI}, "position": PLACE["start"]}
    write_message(sent, {"id": 2, "method": "textDocument/hover", "params": hover})
    write_message(sent, {"id": 3, "method": "shutdown"})
    write_message(sent, {"method": "exit"})

    done = subprocess.run(
        [sys.executable, "-m", "jax_workbench.server", "lint", "--lsp"],
        input=sent.getvalue(),
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    stream, messages = io.BytesIO(done.stdout), list[dict[str, Any]]()
    while (message := read_message(stream)) is not None:
        messages.append(message)
    assert [m.get("id") for m in messages] == [1, None, 2, 3]
    assert "JAX401" in json.dumps(messages[1])
