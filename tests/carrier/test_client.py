"""Sending over a real socket: what goes out, and what each kind of answer comes to."""

from __future__ import annotations

import base64
import datetime as dt
import logging
import socket
from contextlib import ExitStack

import pytest

from carrier.client import CarrierMessage, Sender
from carrier.errors import ErrorClass
from carrier.outcome import Accepted, Ambiguous, NotSent, NotSentWhy, Refused, SendOutcome
from tests.support.carrier_line import CLINIC, MESSAGES, PATIENT, SID, client, text
from tests.support.scripted_server import Answer, ScriptedServer, hangs, resets, says, writes
from tests.support.waiting import wait_until

QUEUED = says(201, {"sid": "SM1", "status": "queued"})


def send(answer: Answer, *, timeout: float = 60.0) -> SendOutcome:
    """What one text comes to; the server sees exactly one request, however it ends."""
    with ScriptedServer(answer) as server, client(server.address, timeout=timeout) as carrier:
        outcome = carrier.send_text(text())
        wait_until("the request", lambda: server.requests)  # whose sender may have given up on it
        assert [request.method for request in server.requests] == ["POST"]
        return outcome


class TestWhatGoesOut:
    def test_one_form_to_the_account_s_messages(self) -> None:
        with ScriptedServer(QUEUED) as server, client(server.address) as carrier:
            assert carrier.send_text(text()) == Accepted("SM1", "queued")
        (request,) = server.requests
        assert (request.method, request.path) == ("POST", f"{MESSAGES}.json")
        assert request.form == {
            "To": [PATIENT],
            "From": [CLINIC],
            "Body": ["Sí, mañana 👍"],
            "StatusCallback": ["https://bot.example.org/sms/status?o=7"],
            "ValidityPeriod": ["3600"],
        }
        credentials = base64.b64encode(f"{SID}:token".encode()).decode()
        assert request.headers["Authorization"] == f"Basic {credentials}"

    @pytest.mark.parametrize(
        ("sender", "own", "from_", "service"),
        [
            (Sender(CLINIC), None, [CLINIC], None),
            (Sender(CLINIC), "+18285550199", ["+18285550199"], None),
            (Sender(messaging_service_sid="MG1"), None, None, ["MG1"]),
            (Sender(messaging_service_sid="MG1"), CLINIC, [CLINIC], ["MG1"]),
            (Sender(CLINIC, "MG1"), None, [CLINIC], ["MG1"]),
        ],
    )
    def test_the_sender(
        self,
        sender: Sender,
        own: str | None,
        from_: list[str] | None,
        service: list[str] | None,
    ) -> None:
        with (
            ScriptedServer(QUEUED) as server,
            client(server.address, sender=sender) as carrier,
        ):
            carrier.send_text(text(from_number=own))
        form = server.requests[0].form
        assert (form.get("From"), form.get("MessagingServiceSid")) == (from_, service)

    def test_a_sender_is_something(self) -> None:
        for empty in ({}, {"from_number": ""}, {"messaging_service_sid": ""}):
            with pytest.raises(ValueError, match="number or a messaging service"):
                Sender(**empty)

    @pytest.mark.parametrize(("seconds", "sent"), [(6, "6"), (36_000, "36000"), (90_000, "36000")])
    def test_the_validity_stays_within_twilio_s_limits(self, seconds: int, sent: str) -> None:
        with ScriptedServer(QUEUED) as server, client(server.address) as carrier:
            carrier.send_text(text(validity_seconds=seconds))
        assert server.requests[0].form["ValidityPeriod"] == [sent]

    @pytest.mark.parametrize("seconds", [5, 0, -60])
    def test_nothing_goes_out_when_too_little_time_is_left(self, seconds: int) -> None:
        with ScriptedServer() as server, client(server.address) as carrier:
            outcome = carrier.send_text(text(validity_seconds=seconds))
        assert outcome == NotSent(NotSentWhy.TOO_LATE)
        assert server.requests == []

    def test_a_base_address_may_have_a_path(self) -> None:
        with ScriptedServer(QUEUED) as server, client(f"{server.address}/api/") as carrier:
            carrier.send_text(text())
        assert server.requests[0].path == f"/api{MESSAGES}.json"

    def test_the_environment_leads_nowhere_else(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TWILIO_REGION", "ie1")
        monkeypatch.setenv("TWILIO_EDGE", "dublin")
        monkeypatch.setenv("TWILIO_ACCOUNT_SID", "ACother")
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        with ScriptedServer(QUEUED) as server, client(server.address) as carrier:
            assert carrier.send_text(text()) == Accepted("SM1", "queued")
        assert server.requests[0].path == f"{MESSAGES}.json"

    def test_connections_are_used_again(self) -> None:
        with ScriptedServer(QUEUED, QUEUED) as server, client(server.address) as carrier:
            assert carrier.send_text(text()) == carrier.send_text(text())
        first, second = server.requests
        assert first.from_port == second.from_port


class TestRefusals:
    @pytest.mark.parametrize(
        ("status", "body", "outcome"),
        [
            (400, {"code": 21610, "message": "x"}, Refused(ErrorClass.OPTED_OUT, 21610, 400)),
            (400, {"code": 21211, "message": "x"}, Refused(ErrorClass.BAD_NUMBER, 21211, 400)),
            (400, {"code": 99999, "message": "x"}, Refused(ErrorClass.UNKNOWN, 99999, 400)),
            (401, {"code": 20003, "message": "x"}, Refused(ErrorClass.ACCOUNT, 20003, 401)),
            (401, "", Refused(ErrorClass.ACCOUNT, None, 401)),
            (429, {"code": 20429, "message": "x"}, Refused(ErrorClass.THROTTLE, 20429, 429)),
            (429, "slow down", Refused(ErrorClass.THROTTLE, None, 429)),
            (307, "", Refused(ErrorClass.UNKNOWN, None, 307)),
            (404, "<html>", Refused(ErrorClass.UNKNOWN, None, 404)),
        ],
    )
    def test_by_code_or_status(self, status: int, body: object, outcome: SendOutcome) -> None:
        assert send(says(status, body)) == outcome

    def test_the_newer_shape_of_error_answers(self) -> None:
        problem = {"type": "x", "title": "Opted out", "status": 400, "code": 21610}
        assert send(says(400, problem)) == Refused(ErrorClass.OPTED_OUT, 21610, 400)

    def test_a_newer_shape_with_nothing_usable_in_it(self) -> None:
        problem = {"type": "x", "title": "y", "status": "bad", "code": "worse"}
        assert isinstance(send(says(400, problem)), Ambiguous)

    def test_a_text_that_can_not_be_written_is_our_mistake(self) -> None:
        with ScriptedServer() as server, client(server.address) as carrier:
            outcome = carrier.send_text(text(body="half a pair: \ud83d"))
        assert outcome == Refused(ErrorClass.OUR_BUG, None, None)
        assert server.requests == []


class TestAmbiguous:
    @pytest.mark.parametrize(
        "answer",
        [
            says(500, {"code": 20500, "message": "x"}),
            says(500, "oops"),
            says(502, "<html>"),
            says(503, {"code": 20503, "message": "x"}),
            says(201, '{"sid": "SM1", '),
            says(201, ""),
            says(201, "null"),
            says(201, "[]"),
            says(201, {"status": "queued"}),
            says(201, {"sid": "SM1", "date_created": "Sat, 99 Nov 2026 10:00:00 +0000"}),
            writes(b""),
            writes(b"not HTTP at all\r\n\r\n"),
            writes(b"HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{"),
            resets,
        ],
    )
    def test_an_answer_that_proves_nothing(self, answer: Answer) -> None:
        assert isinstance(send(answer), Ambiguous)

    def test_no_answer_in_time(self) -> None:
        assert send(hangs, timeout=0.2) == Ambiguous("ReadTimeout")


class TestNotSent:
    def test_a_closed_port(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        with client(f"http://127.0.0.1:{port}") as carrier:
            assert carrier.send_text(text()) == NotSent(NotSentWhy.NO_CONNECTION)

    def test_a_host_that_does_not_take_the_connection(self) -> None:
        with ExitStack() as stack:
            full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
            for _ in range(3):  # the queue of connections that wait to be accepted is now full
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(full.getsockname())
            address = f"http://127.0.0.1:{full.getsockname()[1]}"
            carrier = stack.enter_context(client(address, timeout=0.2))
            assert carrier.send_text(text()) == NotSent(NotSentWhy.NO_CONNECTION)

    def test_a_name_that_is_not_known(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked_for = []

        def unknown(host: str, *_: object, **__: object) -> object:
            asked_for.append(host)
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        # A real look-up would take its answer, and its time, from the machine's network.
        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("TWILIO_REGION", "ie1")
        monkeypatch.setenv("TWILIO_EDGE", "dublin")
        with client(None) as carrier:
            assert carrier.send_text(text()) == NotSent(NotSentWhy.NO_CONNECTION)
        assert asked_for == ["api.twilio.com"]


class TestPrivacy:
    def test_nothing_personal_is_logged_even_at_debug(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        answers = [QUEUED, says(200, {"messages": []}), says(400, {"code": 21610})]
        with ScriptedServer(*answers) as server, client(server.address) as carrier:
            carrier.send_text(text())
            carrier.find_texts(PATIENT, dt.datetime(2026, 11, 21, tzinfo=dt.UTC))
            carrier.send_text(text())
        assert not any(part in caplog.text for part in (PATIENT[1:], CLINIC[1:], "mañana"))

    def test_nothing_personal_is_shown(self) -> None:
        message = CarrierMessage("SM1", PATIENT, CLINIC, "Hello", "sent", None, None)
        shown = f"{text(from_number=CLINIC)} {message}"
        assert not any(part in shown for part in (PATIENT, CLINIC, "Hello", "mañana"))
