"""A carrier that does nothing but take texts: it answers as Twilio does and counts.

It runs in a process of its own and costs as little as it can, so that what is measured is the
sender. `texts` tells how often each reminder (the `r` of its callback address) came in.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import multiprocessing
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Final
from urllib.request import urlopen

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_REMINDER: Final = re.compile(rb"StatusCallback=[^&]*%3Fr%3D(\d+)")
_SIDS: Final = itertools.count(1)
_END: Final = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class StubCarrier:
    """A running one; `url` is its base address."""

    url: str

    def texts(self) -> Counter[int]:
        """How many texts came in for each reminder; 0 stands for those that named none."""
        with urlopen(f"{self.url}/texts") as answer:  # noqa: S310 - our own http address
            return Counter({int(name): count for name, count in json.load(answer).items()})


class _Line(asyncio.Protocol):
    """One kept-open connection."""

    def __init__(self, counts: Counter[int]) -> None:
        self._counts = counts
        self._waiting = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while (at := self._waiting.find(_END)) >= 0:
            length = _LENGTH.search(self._waiting, 0, at + 2)
            end = at + len(_END) + (int(length[1]) if length else 0)
            if len(self._waiting) < end:
                return
            request, self._waiting = self._waiting[:end], self._waiting[end:]
            if self._transport is not None:
                self._transport.write(self._answer(request))

    def _answer(self, request: bytes) -> bytes:
        if request.startswith(b"GET"):
            return _response("200 OK", json.dumps(self._counts).encode())
        named = _REMINDER.search(request)
        self._counts[int(named[1]) if named else 0] += 1
        body = f'{{"sid": "SM{next(_SIDS):032x}", "status": "queued", "error_code": null}}'
        return _response("201 CREATED", body.encode())


def _response(status: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + _END + body


async def _serve(ready: Connection) -> None:
    counts: Counter[int] = Counter()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Line(counts), "127.0.0.1", 0)
    ready.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _run(ready: Connection) -> None:
    asyncio.run(_serve(ready))


@contextmanager
def stub_carrier() -> Iterator[StubCarrier]:
    """Run one for as long as the block."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_run, args=(theirs,), daemon=True)
    process.start()
    try:
        yield StubCarrier(f"http://127.0.0.1:{ours.recv()}")
    finally:
        process.terminate()
        process.join()
