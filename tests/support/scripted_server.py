"""An HTTP server on a real socket that answers each request as a test has scripted."""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it arrived; each form and query field with all its values."""

    method: str
    path: str
    query: dict[str, list[str]]
    form: dict[str, list[str]]
    headers: Mapping[str, str]
    from_port: int


Answer = Callable[["_Handler"], None]


def says(status: int, body: object) -> Answer:
    """An ordinary answer; a `str` body goes out as it is, anything else as JSON."""
    text = body if isinstance(body, str) else json.dumps(body)

    def answer(handler: _Handler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(text.encode())))
        handler.end_headers()
        handler.wfile.write(text.encode())

    return answer


def writes(raw: bytes) -> Answer:
    """These bytes in place of an answer, then the end of the connection."""

    def answer(handler: _Handler) -> None:
        handler.wfile.write(raw)
        handler.close_connection = True

    return answer


def hangs(handler: _Handler) -> None:
    """No answer until the test is over."""
    handler.owner.over.wait(30)
    handler.close_connection = True


def resets(handler: _Handler) -> None:
    """The connection is torn down (RST) after the request was read in full."""
    handler.close_connection = True
    at_once = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
    os.close(handler.connection.detach())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def owner(self) -> ScriptedServer:
        assert isinstance(self.server, _Server)
        return self.server.owner

    def take(self) -> None:
        """Keeps the request and plays the next answer of the script."""
        target = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        received = Received(
            method=self.command,
            path=target.path,
            query=parse_qs(target.query, keep_blank_values=True),
            form=parse_qs(body, keep_blank_values=True),
            headers=dict(self.headers.items()),
            from_port=self.client_address[1],
        )
        self.owner.requests.append(received)
        self.owner.script.popleft()(self)

    do_GET = do_POST = take  # noqa: N815 - the names that the base class calls

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - overridden
        """Says nothing on stderr."""


class _Server(ThreadingHTTPServer):
    owner: ScriptedServer


class ScriptedServer:
    """Use it in a `with` block: `address` is its base URL, `requests` what has arrived so far."""

    def __init__(self, *script: Answer) -> None:
        self.script = deque(script)
        self.requests: list[Received] = []
        self.over = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
