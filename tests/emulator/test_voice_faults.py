"""Scripted faults, as the Twilio library and the app meet them with calls."""

from collections.abc import Callable

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from emulator import Emulator, Fault, FaultKind, Operation
from tests.support.emulator import CLINIC, PHONE, FakeApp, client_for
from tests.support.voice_app import place
from tests.support.waiting import wait_until

Reported = Callable[[Fault], list[str]]


def refusal(client: Client, app: FakeApp, **values: object) -> TwilioRestException:
    with pytest.raises(TwilioRestException) as caught:
        place(client, app, **values)
    return caught.value


@pytest.mark.parametrize("status", [429, 500, 503])
def test_http_errors(connected: Emulator, client: Client, voice: FakeApp, status: int) -> None:
    fault = Fault(kind=FaultKind.HTTP_ERROR, http_status=status, on=Operation.CREATE_CALL)
    connected.faults.add(fault)
    client.messages.create(to=PHONE, from_=CLINIC, body="A text does not meet it.")
    assert refusal(client, voice).status == status
    assert connected.calls() == []
    place(client, voice)


def test_faults_after_the_call_was_taken(
    connected: Emulator, client: Client, voice: FakeApp
) -> None:
    on = Operation.CREATE_CALL
    hasty = client_for(connected, seconds=0.2)
    held = Fault(kind=FaultKind.HOLD_RESPONSE, seconds=30, on=on)
    for sender, fault, error in (
        (hasty, held, requests.ReadTimeout),
        (client, Fault(kind=FaultKind.RESET_AFTER_ACCEPT, on=on), requests.ConnectionError),
        (client, Fault(kind=FaultKind.BROKEN_JSON, on=on), ValueError),
    ):
        connected.faults.add(fault)
        with pytest.raises(error):
            place(sender, voice)
        wait_until("the call to be taken", lambda: not connected.faults.waiting())
    assert len(client.calls.list(to=PHONE)) == 3
    connected.faults.add(Fault(kind=FaultKind.DROP_CONNECTION, on=on))
    with pytest.raises(requests.ConnectionError):
        place(client, voice)
    assert len(connected.calls()) == 3
    connected.faults.add(Fault(kind=FaultKind.ERROR, code=21216, on=on))
    assert refusal(client, voice).code == 21216


@pytest.fixture
def reported(connected: Emulator, client: Client, voice: FakeApp) -> Reported:
    """The statuses that the app hears of one call that meets a fault."""

    def reported(fault: Fault) -> list[str]:
        connected.faults.add(fault)
        events = ["initiated", "ringing", "answered", "completed"]
        url = f"{voice.url}/voice/status"
        place(client, voice, status_callback=url, status_callback_event=events)
        connected.wait_until_idle()
        return [post.form["CallStatus"] for post in voice.posts if post.path == "/voice/status"]

    return reported


def test_status_callbacks_meet_the_same_faults(reported: Reported, voice: FakeApp) -> None:
    on = Operation.CREATE_CALL
    usual = ["initiated", "ringing", "in-progress", "completed"]
    for fault, expected in (
        (Fault(kind=FaultKind.CALLBACK_REORDER, on=on), usual[::-1]),
        (Fault(kind=FaultKind.CALLBACK_DROP, on=on), []),
        (Fault(kind=FaultKind.CALLBACK_DROP, status="completed", on=on), usual[:3]),
        (Fault(kind=FaultKind.CALLBACK_STATUS, status="odd", on=on), [*usual[:3], "odd"]),
        (Fault(kind=FaultKind.CALLBACK_DELAY, seconds=0.05, on=on), usual),
    ):
        voice.posts.clear()
        assert reported(fault) == expected
    voice.posts.clear()
    assert sorted(reported(Fault(kind=FaultKind.CALLBACK_REPEAT, on=on))) == sorted(usual * 2)


def test_a_call_that_is_held_or_fails_on_its_way(
    connected: Emulator, client: Client, voice: FakeApp
) -> None:
    on = Operation.CREATE_CALL
    connected.faults.add(Fault(kind=FaultKind.HOLD_IN_QUEUE, seconds=2, on=on))
    call = place(client, voice)
    with pytest.raises(TimeoutError):
        connected.wait_for_call(PHONE, timeout=0.1)
    connected.wait_until_idle()
    assert call.fetch().status == "completed"
    connected.faults.add(Fault(kind=FaultKind.FAIL, code=503, on=on))
    place(client, voice, status_callback=f"{voice.url}/voice/status")
    connected.wait_until_idle()
    assert voice.posts[-1].form["SipResponseCode"] == "503"
    with pytest.raises(ValueError, match="receipts"):
        Fault(kind=FaultKind.NO_RECEIPT, on=on)
