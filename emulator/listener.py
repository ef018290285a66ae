"""The carrier's web server: threaded, silent, and quick to end."""

import socket
import struct
import threading
from contextlib import suppress

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

_POLL = 0.02
"""Seconds between two looks at whether to stop."""


_Request = socket.socket | tuple[bytes, socket.socket]
"""What the base class calls a request; over TCP it is always the connection."""


class _QuietHandler(WSGIRequestHandler):
    """Logs no requests: their addresses hold phone numbers."""

    disable_nagle_algorithm = True

    def log(self, *_args: object, **_values: object) -> None:
        """Say nothing."""

    def connection_dropped(self, *_args: object, **_values: object) -> None:
        """Wait for no further request on a connection that is broken, or is to be."""
        self.close_connection = True


class _Server(ThreadedWSGIServer):
    """Knows its open connections, so that it can end them when it stops."""

    def __init__(self, host: str, port: int, app: Flask) -> None:
        self._changed = threading.Condition()
        self._open: set[_Request] = set()
        super().__init__(host, port, app, _QuietHandler)

    def process_request(self, request: _Request, client_address: object) -> None:
        with self._changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: _Request) -> None:
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()
        # A connection that is to be reset must be closed without the usual polite ending.
        if _is_to_be_reset(request):
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def drain(self, patience: float) -> None:
        """Give open connections some seconds to end by themselves, then end them."""
        with self._changed:
            if self._changed.wait_for(lambda: not self._open, patience):
                return
            left = list(self._open)
        for connection in left:
            with suppress(OSError):
                if isinstance(connection, socket.socket):
                    connection.shutdown(socket.SHUT_RDWR)
        with self._changed:
            self._changed.wait_for(lambda: not self._open, 1.0)


def _is_to_be_reset(connection: _Request) -> bool:
    if not isinstance(connection, socket.socket):
        return False
    try:
        linger = connection.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
    except OSError:
        return False
    return struct.unpack("ii", linger) == (1, 0)


class Listener:
    """Listens on one port, and can stop listening for a while."""

    def __init__(self, host: str, port: int, app: Flask) -> None:
        self.host = host
        self.port = port
        self._app = app
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Listen; a port of 0 becomes the one that the system gave."""
        with self._lock:
            if self._server is not None:
                return
            self._server = _Server(self.host, self.port, self._app)
            self.port = self._server.port
            self._thread = threading.Thread(
                target=self._server.serve_forever, args=(_POLL,), name="carrier-http", daemon=True
            )
            self._thread.start()

    def close(self, patience: float = 0.0) -> None:
        """Stop listening: from now on connections are refused. Open ones get some seconds."""
        with self._lock:
            server, thread = self._server, self._thread
            self._server = self._thread = None
        if server is None or thread is None:
            return
        server.shutdown()
        thread.join()
        server.drain(patience)
