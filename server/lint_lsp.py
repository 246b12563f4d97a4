"""`jax-workbench lint --lsp`: findings in an editor, over stdin and stdout. Runs no code.

Source: Microsoft, Language Server Protocol Specification 3.17.
"""

import logging
import queue
import sys
import threading
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, BinaryIO

from jax_workbench.server.lsp_document import FIX_ALL, Document, opened
from jax_workbench.server.lsp_stream import BrokenStreamError, read_message, write_message

FULL_TEXT = 1
PARSE_ERROR, INVALID_PARAMS, METHOD_NOT_FOUND = -32700, -32602, -32601
INTERNAL_ERROR, NOT_INITIALIZED = -32603, -32002
logger = logging.getLogger(__name__)


def serve_editor(reader: BinaryIO | None = None, writer: BinaryIO | None = None) -> int:
    """Serve one editor until it leaves; 0 where it said so before, 1 otherwise."""
    server = LintServer(writer or sys.stdout.buffer)
    arrived: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    source = reader or sys.stdin.buffer
    threading.Thread(target=_read_all, args=(source, arrived), daemon=True).start()
    while True:
        # Linting waits until nothing more has arrived: of ten quick changes only the last counts.
        if arrived.empty():
            server.publish()
        message = arrived.get()
        if message is None or message.get("method") == "exit":
            return 0 if server.is_leaving else 1
        server.take(message)


def _read_all(reader: BinaryIO, arrived: "queue.SimpleQueue[dict[str, Any] | None]") -> None:
    try:
        while (message := read_message(reader)) is not None:
            arrived.put(message)
    except BrokenStreamError as error:
        sys.stderr.write(f"jax-workbench: {error}\n")
    arrived.put(None)


class LintServer:
    """The documents that an editor has open, and the answers to what it asks about them."""

    def __init__(self, writer: BinaryIO) -> None:
        """Write to `writer`."""
        self.writer = writer
        self.is_leaving = False
        self._is_initialized = False
        self._texts: dict[str, str] = {}
        self._documents: dict[str, Document] = {}
        self._changed: dict[str, None] = {}
        self._requests: dict[str, Callable[[dict[str, Any]], Any]] = {
            "initialize": self._initialize,
            "shutdown": self._shutdown,
            "textDocument/codeAction": self._code_action,
            "textDocument/hover": self._hover,
        }
        self._notifications: dict[str, Callable[[dict[str, Any]], None]] = {
            "textDocument/didOpen": self._opened,
            "textDocument/didChange": self._text_changed,
            "textDocument/didClose": self._closed,
        }

    def take(self, message: dict[str, Any]) -> None:
        """Do what a message wants; a request is always answered."""
        method: Any = message.get("method")
        params: Any = message.get("params") or {}
        if "id" not in message:
            if not message:
                self._fail(None, PARSE_ERROR, "The message is no JSON object.")
            elif method in self._notifications:
                self._guarded(None, self._notifications[method], params)
            return
        number = message["id"]
        if method is None:
            return  # an answer: nothing was asked
        if not self._is_initialized and method != "initialize":
            self._fail(number, NOT_INITIALIZED, "Send initialize first.")
        elif method not in self._requests:
            self._fail(number, METHOD_NOT_FOUND, f"There is no {method} here.")
        else:
            self._guarded(number, self._requests[method], params)

    def _guarded(self, number: Any, handler: Callable[[dict[str, Any]], Any], params: Any) -> None:
        try:
            result = handler(params)
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            logger.debug("lsp", exc_info=True)
            if number is not None:
                self._fail(number, INVALID_PARAMS, f"The parameters do not fit: {error!r}.")
            return
        if number is not None:
            write_message(self.writer, {"id": number, "result": result})

    def _fail(self, number: Any, code: int, text: str) -> None:
        write_message(self.writer, {"id": number, "error": {"code": code, "message": text}})

    def _initialize(self, _params: dict[str, Any]) -> dict[str, Any]:
        self._is_initialized = True
        capabilities = {
            "positionEncoding": "utf-16",
            "textDocumentSync": {"openClose": True, "change": FULL_TEXT},
            "codeActionProvider": {"codeActionKinds": ["quickfix", FIX_ALL]},
            "hoverProvider": True,
        }
        about = {"name": "jax-workbench", "version": version("jax-workbench")}
        return {"capabilities": capabilities, "serverInfo": about}

    def _shutdown(self, _params: dict[str, Any]) -> None:
        self.is_leaving = True

    def _opened(self, params: dict[str, Any]) -> None:
        document = params["textDocument"]
        if document.get("languageId", "python") == "python":
            self._texts[document["uri"]] = document["text"]
            self._changed[document["uri"]] = None

    def _text_changed(self, params: dict[str, Any]) -> None:
        uri = params["textDocument"]["uri"]
        if uri in self._texts:
            self._texts[uri] = params["contentChanges"][-1]["text"]
            self._changed[uri] = None

    def _closed(self, params: dict[str, Any]) -> None:
        uri = params["textDocument"]["uri"]
        if self._texts.pop(uri, None) is not None:
            self._changed.pop(uri, None)
            self._documents.pop(uri, None)
            self._tell(uri, [])

    def publish(self) -> None:
        """Lint what has changed, and tell what is found."""
        while self._changed:
            uri = next(iter(self._changed))
            try:
                self._document(uri)
            except Exception:  # the next change may be one that the linter stands
                logger.exception("lsp_lint", extra={"uri": uri})
                self._changed.pop(uri, None)

    def _tell(self, uri: str, diagnostics: list[dict[str, Any]]) -> None:
        params = {"uri": uri, "diagnostics": diagnostics}
        write_message(self.writer, {"method": "textDocument/publishDiagnostics", "params": params})

    def _document(self, uri: str) -> Document:
        """An open document with its findings as of now; KeyError for one that is not open."""
        if uri in self._changed or uri not in self._documents:
            self._documents[uri] = opened(uri, self._texts[uri])
            self._changed.pop(uri, None)
            self._tell(uri, self._documents[uri].diagnostics())
        return self._documents[uri]

    def _code_action(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        document = self._document(params["textDocument"]["uri"])
        return [*document.actions(params["range"], params["context"].get("only"))]

    def _hover(self, params: dict[str, Any]) -> dict[str, Any] | None:
        return self._document(params["textDocument"]["uri"]).hover(params["position"])
