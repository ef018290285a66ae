"""Calls by Twilio's own library over a socket: placed, found and looked up at the local carrier."""

from __future__ import annotations

import datetime as dt
import logging
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
from flask import Response

from carrier.client import (
    CarrierCall,
    CarrierClient,
    CarrierError,
    OutgoingCall,
    Sender,
)
from carrier.errors import ErrorClass
from carrier.outcome import Accepted, Ambiguous, NotSent, NotSentWhy, Refused, SendOutcome
from emulator import Emulator, Fault, FaultKind, Operation, Pickup
from tests.support import carrier_line
from tests.support.carrier_line import client_of
from tests.support.emulator import CLINIC, OTHER_CLINIC, OTHER_PHONE, PHONE, FakeApp
from tests.support.scripted_server import Answer, ScriptedServer, resets, says
from tests.support.waiting import wait_until

CREATE, FETCH, LIST = Operation.CREATE_CALL, Operation.FETCH_CALL, Operation.LIST_CALLS
BYE = "<Response><Say>Goodbye.</Say><Hangup/></Response>"


@pytest.fixture
def app() -> Iterator[FakeApp]:
    """An app on a socket that says goodbye to whoever answers."""
    with FakeApp(speak=lambda _post: BYE) as running:
        yield running


@pytest.fixture
def carrier(app: FakeApp) -> Iterator[Emulator]:
    """A carrier that calls from two numbers; its phones are answered at once."""
    numbers = {CLINIC: "ARA Health", OTHER_CLINIC: "Iowa Radiology"}
    with Emulator(app_url=app.url, numbers=numbers, pace=0.001) as running:
        yield running


@pytest.fixture
def client(carrier: Emulator) -> Iterator[CarrierClient]:
    """A client that calls from `CLINIC` unless told otherwise."""
    with closing(client_of(carrier, Sender(CLINIC))) as made:
        yield made


def call(
    base: str = "https://bot.example.org", to: str = PHONE, from_number: str | None = None
) -> OutgoingCall:
    """The second attempt of reminder 7."""
    return OutgoingCall(
        to=to,
        from_number=from_number,
        url=f"{base}/voice/reminder?r=7&a=2",
        status_callback=f"{base}/voice/status?r=7&a=2",
        fallback_url=f"{base}/voice/fallback",
    )


def ours(found: list[CarrierCall]) -> list[str]:
    return [each.sid for each in found]


def minutes_ago(minutes: float) -> dt.datetime:
    return dt.datetime.now(dt.UTC) - dt.timedelta(minutes=minutes)


class TestPlacing:
    def test_the_phone_rings_and_whoever_answers_hears_what_is_at_the_address(
        self, carrier: Emulator, client: CarrierClient, app: FakeApp
    ) -> None:
        outcome = client.place_call(call(app.url))
        carrier.wait_until_idle()
        (made,) = carrier.calls()
        assert outcome == Accepted(made.sid, "queued")
        assert (made.to, made.from_) == (PHONE, CLINIC)
        document, report = app.posts
        assert (document.path, document.url) == ("/voice/reminder", call(app.url).url)
        assert (document.form["CallSid"], document.form["AnsweredBy"]) == (made.sid, "human")
        assert (report.path, report.url) == ("/voice/status", call(app.url).status_callback)
        assert report.form["CallStatus"] == "completed"
        assert [heard.text for heard in made.heard] == ["Goodbye."]

    def test_without_an_answer_there_the_fallback_address_is_asked(
        self, carrier: Emulator, client: CarrierClient, app: FakeApp
    ) -> None:
        app.speak = lambda post: BYE if post.path == "/voice/fallback" else Response(status=502)
        client.place_call(call(app.url))
        carrier.wait_until_idle()
        (made,) = carrier.calls()
        assert [heard.text for heard in made.heard] == ["Goodbye."]
        fallback = app.posts[1]
        assert (fallback.method, fallback.url) == ("POST", call(app.url).fallback_url)
        assert fallback.form["ErrorUrl"] == call(app.url).url

    def test_a_machine_is_waited_for_until_its_own_message_is_over(
        self, carrier: Emulator, client: CarrierClient, app: FakeApp
    ) -> None:
        carrier.add_pickup(Pickup(by="machine"))
        client.place_call(call(app.url))
        carrier.wait_until_idle()
        assert app.posts[0].form["AnsweredBy"].startswith("machine_end")

    def test_one_form_with_nothing_superfluous(self) -> None:
        answer = says(201, {"sid": "CA1", "status": "queued"})
        with ScriptedServer(answer) as server, carrier_line.client(server.address) as carrier:
            assert carrier.place_call(call()) == Accepted("CA1", "queued")
        (request,) = server.requests
        assert (request.method, request.path) == (
            "POST",
            f"/2010-04-01/Accounts/{carrier_line.SID}/Calls.json",
        )
        assert request.form == {
            "To": [PHONE],
            "From": [carrier_line.CLINIC],
            "Url": [call().url],
            "FallbackUrl": [call().fallback_url],
            "FallbackMethod": ["POST"],
            "StatusCallback": [call().status_callback],
            "Timeout": ["30"],
            "MachineDetection": ["DetectMessageEnd"],
        }

    def test_a_number_of_its_own_goes_first(self, carrier: Emulator, client: CarrierClient) -> None:
        client.place_call(call(from_number=OTHER_CLINIC))
        assert [made.from_ for made in carrier.calls()] == [OTHER_CLINIC]

    @pytest.mark.parametrize("own", [None, CLINIC])
    def test_a_messaging_service_can_not_call(self, carrier: Emulator, own: str | None) -> None:
        with closing(client_of(carrier, Sender(messaging_service_sid="MG1"))) as client:
            outcome = client.place_call(call(from_number=own))
        if own is None:
            assert outcome == Refused(ErrorClass.SENDER_CONFIG, None, None)
        else:
            assert isinstance(outcome, Accepted)
        assert len(carrier.calls()) == (own is not None)


class TestRefusals:
    @pytest.mark.parametrize(
        ("to", "outcome"),
        [
            ("8285550142", Refused(ErrorClass.BAD_NUMBER, 21211, 400)),
            ("+15005550001", Refused(ErrorClass.BAD_NUMBER, 21217, 400)),
            ("+15005550002", Refused(ErrorClass.CALL_REFUSED, 21214, 400)),
            ("+15005550003", Refused(ErrorClass.CALL_REFUSED, 21215, 400)),
            ("+15005550004", Refused(ErrorClass.CALL_REFUSED, 21216, 400)),
        ],
    )
    def test_numbers(
        self, carrier: Emulator, client: CarrierClient, to: str, outcome: SendOutcome
    ) -> None:
        assert client.place_call(call(to=to)) == outcome
        assert carrier.calls() == []

    @pytest.mark.parametrize(
        ("fault", "outcome"),
        [
            (
                Fault(kind=FaultKind.HTTP_ERROR, http_status=429, on=CREATE),
                Refused(ErrorClass.THROTTLE, 20429, 429),
            ),
            (
                Fault(kind=FaultKind.ERROR, code=20003, on=CREATE),
                Refused(ErrorClass.ACCOUNT, 20003, 401),
            ),
            (
                Fault(kind=FaultKind.ERROR, code=21210, on=CREATE),
                Refused(ErrorClass.SENDER_CONFIG, 21210, 400),
            ),
            (
                Fault(kind=FaultKind.ERROR, code=21212, on=CREATE),
                Refused(ErrorClass.SENDER_CONFIG, 21212, 400),
            ),
            (
                Fault(kind=FaultKind.ERROR, code=13227, on=CREATE),
                Refused(ErrorClass.CALL_REFUSED, 13227, 400),
            ),
        ],
    )
    def test_by_code(
        self, carrier: Emulator, client: CarrierClient, fault: Fault, outcome: SendOutcome
    ) -> None:
        carrier.faults.add(fault)
        assert client.place_call(call()) == outcome
        assert carrier.calls() == []
        assert isinstance(client.place_call(call()), Accepted)


class TestAmbiguous:
    @pytest.mark.parametrize("status", [500, 502, 503])
    def test_a_server_s_error_may_hide_a_call(
        self, carrier: Emulator, client: CarrierClient, status: int
    ) -> None:
        carrier.faults.add(Fault(kind=FaultKind.HTTP_ERROR, http_status=status, on=CREATE))
        assert isinstance(client.place_call(call()), Ambiguous)

    @pytest.mark.parametrize(
        "fault",
        [
            Fault(kind=FaultKind.HOLD_RESPONSE, seconds=30, on=CREATE),
            Fault(kind=FaultKind.RESET_AFTER_ACCEPT, on=CREATE),
            Fault(kind=FaultKind.BROKEN_JSON, on=CREATE),
        ],
        ids=lambda fault: str(fault.kind),
    )
    def test_a_call_whose_answer_is_lost_is_found_and_asked_for_once(
        self, carrier: Emulator, client: CarrierClient, fault: Fault
    ) -> None:
        carrier.faults.add(fault)
        patience = 0.3 if fault.kind is FaultKind.HOLD_RESPONSE else 60.0
        with closing(client_of(carrier, Sender(CLINIC), timeout=patience)) as sender:
            assert isinstance(sender.place_call(call()), Ambiguous)
        wait_until("the call to be taken", lambda: not carrier.faults.waiting())
        (made,) = carrier.calls()
        assert ours(client.find_calls(PHONE, minutes_ago(1))) == [made.sid]

    def test_a_reset_before_anything_was_taken_proves_nothing_either(
        self, carrier: Emulator, client: CarrierClient
    ) -> None:
        carrier.faults.add(Fault(kind=FaultKind.DROP_CONNECTION, on=CREATE))
        assert isinstance(client.place_call(call()), Ambiguous)
        assert client.find_calls(PHONE, minutes_ago(1)) == []

    @pytest.mark.parametrize("body", ["", "null", "[]", {"status": "queued"}])
    def test_an_answer_without_a_sid(self, body: object) -> None:
        with (
            ScriptedServer(says(201, body)) as server,
            carrier_line.client(server.address) as carrier,
        ):
            assert isinstance(carrier.place_call(call()), Ambiguous)


def test_a_closed_port_means_that_nothing_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with carrier_line.client(f"http://127.0.0.1:{port}") as carrier:
        assert carrier.place_call(call()) == NotSent(NotSentWhy.NO_CONNECTION)


class TestFinding:
    def test_ours_to_that_phone_the_newest_first(
        self, carrier: Emulator, client: CarrierClient, app: FakeApp
    ) -> None:
        for to, number in ((PHONE, None), (OTHER_PHONE, None), (PHONE, OTHER_CLINIC)):
            client.place_call(call(app.url, to=to, from_number=number))
        carrier.wait_until_idle()
        first, _, third = carrier.calls()
        found = client.find_calls(PHONE, minutes_ago(1))
        assert ours(found) == [third.sid, first.sid]
        assert [(each.from_number, each.status) for each in found] == [
            (OTHER_CLINIC, "completed"),
            (CLINIC, "completed"),
        ]

    def test_calls_of_patients_to_us_are_not_ours(
        self, carrier: Emulator, client: CarrierClient
    ) -> None:
        carrier.call(PHONE, CLINIC)
        assert client.find_calls(PHONE, minutes_ago(1)) == []
        assert client.find_calls(CLINIC, minutes_ago(1)) == []

    def test_only_from_that_second_on(self) -> None:
        since = dt.datetime(2026, 11, 21, 10, 0, 30, 400_000, dt.UTC)
        records = [
            {"sid": sid, "to": PHONE, "direction": "outbound-api", "date_created": created}
            for sid, created in (
                ("CA4", None),
                ("CA3", "Sat, 21 Nov 2026 10:00:30 +0000"),
                ("CA2", "Sat, 21 Nov 2026 10:00:29 +0000"),
            )
        ]
        answer = says(200, {"calls": records, "next_page_uri": None})
        with ScriptedServer(answer) as server, carrier_line.client(server.address) as carrier:
            assert ours(carrier.find_calls(PHONE, since)) == ["CA4", "CA3"]
        (request,) = server.requests
        assert request.query == {"To": [PHONE], "PageSize": ["100"]}

    def test_a_moment_without_a_zone_is_refused(self, client: CarrierClient) -> None:
        with pytest.raises(ValueError, match="time zone"):
            client.find_calls(PHONE, minutes_ago(1).replace(tzinfo=None))

    @pytest.mark.parametrize("status", [429, 500, 503])
    def test_no_answer_is_never_taken_for_none(
        self, carrier: Emulator, client: CarrierClient, status: int
    ) -> None:
        carrier.faults.add(Fault(kind=FaultKind.HTTP_ERROR, http_status=status, on=LIST))
        with pytest.raises(CarrierError) as raised:
            client.find_calls(PHONE, minutes_ago(1))
        assert not any(part in str(raised.value) for part in (PHONE[1:], "http"))
        assert raised.value.__suppress_context__

    @pytest.mark.parametrize("answer", [says(200, "{"), says(200, {"calls": [{}]}), resets])
    def test_an_answer_that_makes_no_sense(self, answer: Answer) -> None:
        with (
            ScriptedServer(answer) as server,
            carrier_line.client(server.address) as carrier,
            pytest.raises(CarrierError),
        ):
            carrier.find_calls(PHONE, minutes_ago(1))


class TestFetching:
    @pytest.mark.parametrize(
        ("pickup", "status", "by"),
        [
            (Pickup(by="human"), "completed", "human"),
            (Pickup(by="machine"), "completed", "machine_end_beep"),
            (Pickup(by="busy"), "busy", None),
            (Pickup(by="no-answer"), "no-answer", None),
            (Pickup(by="failed", sip_code=404), "failed", None),
        ],
        ids=lambda value: value.by if isinstance(value, Pickup) else "",
    )
    def test_what_became_of_it(
        self,
        carrier: Emulator,
        client: CarrierClient,
        app: FakeApp,
        pickup: Pickup,
        status: str,
        by: str | None,
    ) -> None:
        carrier.add_pickup(pickup)
        outcome = client.place_call(call(app.url))
        assert isinstance(outcome, Accepted)
        carrier.wait_until_idle()
        found = client.fetch_call(outcome.sid)
        assert found is not None
        assert (found.sid, found.to, found.from_number) == (outcome.sid, PHONE, CLINIC)
        assert (found.status, found.answered_by) == (status, by)
        assert found.created_at is not None
        assert abs(found.created_at - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)

    def test_a_phone_that_still_rings(self, carrier: Emulator, client: CarrierClient) -> None:
        carrier.add_pickup(Pickup(by="ring"))
        outcome = client.place_call(call())
        assert isinstance(outcome, Accepted)
        carrier.wait_for_call(PHONE)
        found = client.fetch_call(outcome.sid)
        assert found is not None
        assert found.status == "ringing"
        carrier.decline(outcome.sid)

    def test_no_such_call(self, client: CarrierClient) -> None:
        assert client.fetch_call("CA" + "0" * 32) is None

    @pytest.mark.parametrize("status", [429, 500])
    def test_no_usable_answer(self, carrier: Emulator, client: CarrierClient, status: int) -> None:
        outcome = client.place_call(call())
        assert isinstance(outcome, Accepted)
        carrier.faults.add(Fault(kind=FaultKind.HTTP_ERROR, http_status=status, on=FETCH))
        with pytest.raises(CarrierError, match="no usable answer"):
            client.fetch_call(outcome.sid)


def test_nothing_personal_is_shown_or_logged(
    carrier: Emulator, client: CarrierClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client.place_call(call(from_number=CLINIC))
    client.place_call(call(to="+15005550002"))
    (found,) = client.find_calls(PHONE, minutes_ago(1))
    carrier.faults.clear()
    mine = "\n".join(
        record.getMessage() for record in caplog.records if not record.name.startswith("werkzeug")
    )
    shown = f"{found} {call(from_number=CLINIC)} {mine}"
    assert not any(number[1:] in shown for number in (PHONE, CLINIC))
