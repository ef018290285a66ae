"""Voice messages fetched over a socket: from the local carrier, and from servers that fail."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
import requests

from carrier import recordings
from carrier.client import CarrierError
from carrier.recordings import RecordingGoneError, Recordings
from emulator import Emulator
from tests.support import carrier_line
from tests.support.emulator import CLINIC, PHONE, FakeApp
from tests.support.scripted_server import Answer, ScriptedServer, hangs, resets, says, writes

SID = "RE" + "1" * 32
TOKEN = carrier_line.SID[::-1]
"""Some token; the scripted servers take any."""
RECORD = '<Response><Record action="/done"/><Hangup/></Response>'


@contextmanager
def asked(address: str, *, token: str = TOKEN, timeout: float = 2.0) -> Iterator[Recordings]:
    with closing(Recordings(carrier_line.SID, token, address, timeout=timeout)) as made:
        yield made


def raw(status: str, body: bytes, *headers: str) -> Answer:
    head = "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers))
    return writes(head.encode() + b"\r\n\r\n" + body)


WAV = "Content-Type: audio/x-wav; charset=binary"


class TestTheLocalCarrier:
    @pytest.fixture
    def left(self) -> Iterator[tuple[Emulator, str]]:
        """A message of three seconds, and its id."""
        with (
            FakeApp(speak=lambda _: RECORD) as app,
            Emulator(app_url=app.url, numbers={CLINIC: "ARA Health"}) as carrier,
        ):
            carrier.call(PHONE, CLINIC).records(3)
            sid = next(p.form["RecordingSid"] for p in app.posts if "RecordingSid" in p.form)
            yield carrier, sid

    def test_it_gives_the_sound_to_the_account(self, left: tuple[Emulator, str]) -> None:
        carrier, sid = left
        with asked(carrier.url, token=carrier.options.auth_tokens[0]) as made:
            sound = made.fetch(sid)
        assert sound.media_type == "audio/x-wav"
        assert sound.content.startswith(b"RIFF")
        assert len(sound.content) == 44 + 3 * 2 * 8000

    def test_a_wrong_token_is_no_answer_and_no_word_that_it_is_gone(
        self, left: tuple[Emulator, str]
    ) -> None:
        carrier, sid = left
        with asked(carrier.url, token="wrong") as made, pytest.raises(CarrierError, match="401"):
            made.fetch(sid)

    def test_one_that_was_deleted_is_gone(self, left: tuple[Emulator, str]) -> None:
        carrier, sid = left
        token = carrier.options.auth_tokens[0]
        address = f"{carrier.url}/2010-04-01/Accounts/{carrier_line.SID}/Recordings/{sid}.json"
        assert requests.delete(address, auth=(carrier_line.SID, token), timeout=60).ok
        with asked(carrier.url, token=token) as made, pytest.raises(RecordingGoneError):
            made.fetch(sid)


def test_the_account_s_own_address_is_asked_with_its_login() -> None:
    with ScriptedServer(raw("200 OK", b"RIFF", WAV)) as server, asked(server.address) as made:
        assert made.fetch(SID).media_type == "audio/x-wav"
    (request,) = server.requests
    path = f"/2010-04-01/Accounts/{carrier_line.SID}/Recordings/{SID}.wav"
    assert (request.method, request.path) == ("GET", path)
    login = b64encode(f"{carrier_line.SID}:{TOKEN}".encode()).decode()
    assert request.headers["Authorization"] == f"Basic {login}"


def test_another_host_that_it_leads_to_gets_no_login() -> None:
    with ScriptedServer(raw("200 OK", b"RIFF", WAV)) as storage:
        elsewhere = storage.address.replace("127.0.0.1", "localhost")
        moved = raw("302 Found", b"", f"Location: {elsewhere}/sound")
        with ScriptedServer(moved) as server, asked(server.address) as made:
            assert made.fetch(SID).content == b"RIFF"
    assert "Authorization" not in storage.requests[0].headers


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(raw("500 Oops", b"<p>no</p>", "Content-Type: text/html"), id="error"),
        pytest.param(raw("200 OK", b"<p>hi</p>", "Content-Type: text/html"), id="no sound"),
        pytest.param(raw("206 Partial Content", b"RI", WAV), id="a part"),
        pytest.param(
            writes(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n" + WAV.encode() + b"\r\n\r\nRI"),
            id="broken off",
        ),
        pytest.param(says(429, {"code": 20429}), id="too many requests"),
        pytest.param(resets, id="reset"),
        pytest.param(hangs, id="silence"),
        pytest.param(writes(b"what?\r\n\r\n"), id="no HTTP"),
    ],
)
def test_no_usable_answer(answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with (
        ScriptedServer(answer) as server,
        asked(server.address, timeout=0.5) as made,
        pytest.raises(CarrierError) as raised,
    ):
        made.fetch(SID)
    assert SID not in str(raised.value)
    assert raised.value.__cause__ is None
    assert SID not in caplog.text


def test_nobody_is_there() -> None:
    with asked("http://127.0.0.1:9") as made, pytest.raises(CarrierError):
        made.fetch(SID)


@pytest.mark.parametrize("limit", ["_LARGEST", "_LONGEST"])
def test_one_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(recordings, limit, 3 if limit == "_LARGEST" else -1.0)
    with (
        ScriptedServer(raw("200 OK", b"RIFF", WAV)) as server,
        asked(server.address) as made,
        pytest.raises(CarrierError, match="too large"),
    ):
        made.fetch(SID)
