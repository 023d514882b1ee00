"""A client of language servers: as much of the protocol as an editor needs to complete, hover and underline."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from queue import Empty, Queue
from threading import Thread
from types import TracebackType
from typing import IO, Any, Self

CURSOR = "|"
PATIENCE = 60
"""Seconds after which a server that says nothing is given up."""

SETTINGS = {
    "yaml": {"validate": True, "completion": True, "hover": True, "schemaStore": {"enable": False}},
    "http": {},
    "[yaml]": {},
}
CAPABILITIES = {
    "workspace": {"configuration": True},
    "textDocument": {
        "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}},
        "hover": {"contentFormat": ["markdown"]},
    },
}


@dataclass(frozen=True)
class Proposal:
    """One entry of a completion list.

    Attributes:
        label: What the list shows.
        text: What is written into the file, ``$1`` where the cursor goes.
        documentation: What is shown beside the list.
    """

    label: str
    text: str
    documentation: str


@dataclass(frozen=True)
class Complaint:
    """What an editor underlines.

    Attributes:
        line: Its line, from 1.
        column: Its column, from 1.
        message: What is wrong there.
    """

    line: int
    column: int
    message: str


class Editor:
    """Opens files in a language server that talks over its standard streams.

    A cursor in a text is written ``|``::

        with Editor([server, "--stdio"]) as editor:
            editor.complete("cost: |")
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._messages: Queue[dict[str, Any]] = Queue()
        self._numbers = count(1)
        Thread(target=self._listen, daemon=True).start()

    def __enter__(self) -> Self:
        self._request("initialize", processId=None, rootUri=None, capabilities=CAPABILITIES)
        self._notify("initialized")
        self._notify("workspace/didChangeConfiguration", settings=SETTINGS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.kill()
        self._server.communicate()

    def complete(self, text: str) -> dict[str, Proposal]:
        """What is proposed at the cursor, by label."""
        result = self._at_cursor("textDocument/completion", text)
        items = result["items"] if isinstance(result, dict) else result
        proposals = (
            Proposal(item["label"], item["insertText"], _plain(item.get("documentation"))) for item in items
        )
        return {proposal.label: proposal for proposal in proposals}

    def hover(self, text: str) -> str:
        """What is shown of the word at the cursor."""
        result = self._at_cursor("textDocument/hover", text)
        return _plain(result["contents"]) if result else ""

    def complaints(self, text: str) -> list[Complaint]:
        """What is underlined, in the order of the lines."""
        return self.all_complaints([self.file_uri()], [text])[0]

    def all_complaints(self, uris: Sequence[str], texts: Sequence[str]) -> list[list[Complaint]]:
        """The same for many files at once, for which a server does not wait one after another."""
        for uri, text in zip(uris, texts, strict=True):
            self._open(uri, text)
        found: dict[str, list[Complaint]] = {}
        while not found.keys() >= set(uris):
            message = self._next()
            if message["method"] == "textDocument/publishDiagnostics":
                found[message["params"]["uri"]] = _complaints(message["params"]["diagnostics"])
        return [found[uri] for uri in uris]

    def file_uri(self) -> str:
        """The address of a file that was not there before."""
        return f"file:///nowhere/{next(self._numbers)}.yaml"

    def _at_cursor(self, method: str, text: str) -> Any:
        before, cursor, after = text.partition(CURSOR)
        assert cursor, "a text without a cursor"
        uri = self.file_uri()
        self._open(uri, before + after)
        position = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
        return self._request(method, textDocument={"uri": uri}, position=position)

    def _open(self, uri: str, text: str) -> None:
        document = {"uri": uri, "languageId": "yaml", "version": next(self._numbers), "text": text}
        self._notify("textDocument/didOpen", textDocument=document)

    def _notify(self, method: str, **params: Any) -> None:
        self._send({"method": method, "params": params})

    def _request(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        self._send({"id": number, "method": method, "params": params})
        while True:
            message = self._next()
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]

    def _next(self) -> dict[str, Any]:
        """The next message that is not a question; questions are answered."""
        while True:
            try:
                message = self._messages.get(timeout=PATIENCE)
            except Empty:
                raise TimeoutError(f"the language server said nothing for {PATIENCE} seconds") from None
            if "id" not in message or "method" not in message:
                return {"method": "", **message}
            asked = message["params"].get("items", ()) if message.get("params") else ()
            answer = [SETTINGS.get(item["section"]) for item in asked] if asked else None
            self._send({"id": message["id"], "result": answer})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        stream = _open_stream(self._server.stdin)
        stream.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        stream.flush()

    def _listen(self) -> None:
        stream = _open_stream(self._server.stdout)
        while header := stream.readline():
            length = int(header.removeprefix(b"Content-Length:"))
            while stream.readline().strip():
                pass
            self._messages.put(json.loads(stream.read(length)))


def _open_stream(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def _complaints(diagnostics: Sequence[dict[str, Any]]) -> list[Complaint]:
    starts = [(item["range"]["start"], item["message"]) for item in diagnostics]
    return [
        Complaint(*each) for each in sorted((at["line"] + 1, at["character"] + 1, said) for at, said in starts)
    ]


def _plain(text: Any) -> str:
    """Text, whether it comes with its format or without."""
    return str(text["value"] if isinstance(text, dict) else text or "")
