"""Each scripted fault, as the Twilio library meets it."""

import time
from collections.abc import Callable

import pytest
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from emulator import Emulator, Fault, FaultKind, Operation, Status
from tests.support.emulator import CLINIC, OTHER_PHONE, PHONE, FakeApp, client_for
from tests.support.waiting import wait_until


def send(client: Client, **values: object) -> MessageInstance:
    return client.messages.create(**({"to": PHONE, "from_": CLINIC, "body": "Hello"} | values))


def statuses(client: Client, carrier: Emulator, app: FakeApp, fault: Fault) -> list[str]:
    """The callbacks that arrive for one message that meets a fault."""
    carrier.faults.add(fault)
    send(client, status_callback=f"{app.url}/sms/status")
    carrier.wait_until_idle()
    return app.statuses()


def test_delay_and_held_response_differ_in_what_is_accepted(carrier: Emulator) -> None:
    hasty = client_for(carrier, seconds=0.2)
    for kind, why in (
        (FaultKind.HOLD_RESPONSE, "accepted, though the sender does not know"),
        (FaultKind.DELAY, "not taken up yet"),
    ):
        carrier.faults.add(Fault(kind=kind, seconds=30))
        with pytest.raises(requests.ReadTimeout):
            send(hasty)
        wait_until("the request to be there", lambda: not carrier.faults.waiting())
        assert len(carrier.messages()) == 1, why


def test_the_answer_after_a_delay_is_whole(client: Client, carrier: Emulator) -> None:
    for kind in (FaultKind.DELAY, FaultKind.HOLD_RESPONSE):
        carrier.faults.add(Fault(kind=kind, seconds=0.1))
        started = time.monotonic()
        assert send(client).status == "queued"
        assert time.monotonic() - started >= 0.1


@pytest.mark.parametrize(
    ("kind", "accepted"), [(FaultKind.RESET_AFTER_ACCEPT, 1), (FaultKind.DROP_CONNECTION, 0)]
)
def test_reset_connections(
    client: Client, carrier: Emulator, kind: FaultKind, accepted: int
) -> None:
    carrier.faults.add(Fault(kind=kind))
    with pytest.raises(requests.ConnectionError) as caught:
        send(client)
    assert "reset" in str(caught.value).lower()
    assert len(carrier.messages()) == accepted
    assert send(client).status == "queued", "once only"


def test_refused_connections(client: Client, carrier: Emulator) -> None:
    with carrier.refusing(), pytest.raises(requests.ConnectionError) as caught:
        send(client)
    assert "refused" in str(caught.value)
    assert send(client).status == "queued"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_http_errors(client: Client, carrier: Emulator, status: int) -> None:
    carrier.faults.add(Fault(kind=FaultKind.HTTP_ERROR, http_status=status, retry_after=3))
    path = f"/2010-04-01/Accounts/{carrier.options.account_sid}/Messages.json"
    login = (carrier.options.account_sid, carrier.options.auth_tokens[0])
    answer = requests.post(carrier.url + path, auth=login, timeout=60)
    assert (answer.status_code, answer.headers["Retry-After"]) == (status, "3")
    assert answer.json()["code"] == 20000 + status
    carrier.faults.add(Fault(kind=FaultKind.HTTP_ERROR, http_status=status))
    with pytest.raises(TwilioRestException) as caught:
        send(client)
    assert caught.value.status == status
    assert carrier.messages() == []


def test_broken_json_comes_after_acceptance(client: Client, carrier: Emulator) -> None:
    carrier.faults.add(Fault(kind=FaultKind.BROKEN_JSON))
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        send(client)
    assert len(carrier.messages()) == 1


def test_an_error_code_for_the_next_few_sends(client: Client, carrier: Emulator) -> None:
    carrier.faults.add(Fault(kind=FaultKind.ERROR, code=21611, times=2))
    for _ in range(2):
        with pytest.raises(TwilioRestException) as caught:
            send(client)
        assert (caught.value.code, caught.value.status) == (21611, 429)
    assert send(client).status == "queued"
    carrier.faults.add(Fault(kind=FaultKind.ERROR, code=20503, http_status=500))
    with pytest.raises(TwilioRestException) as caught:
        send(client)
    assert (caught.value.code, caught.value.status) == (20503, 500)


def test_faults_for_one_phone_leave_others_alone(client: Client, carrier: Emulator) -> None:
    carrier.faults.add(Fault(kind=FaultKind.ERROR, code=21614, to=OTHER_PHONE, times=None))
    assert send(client).status == "queued"
    for _ in range(2):
        with pytest.raises(TwilioRestException):
            send(client, to=OTHER_PHONE)
    carrier.faults.clear()
    assert send(client, to=OTHER_PHONE).status == "queued"


def test_faults_strike_in_the_order_of_the_script(client: Client, carrier: Emulator) -> None:
    codes = [30001, 20429, 21614]
    carrier.faults.add(*(Fault(kind=FaultKind.ERROR, code=code) for code in codes))
    met = []
    for _ in codes:
        with pytest.raises(TwilioRestException) as caught:
            send(client)
        met.append(caught.value.code)
    assert met == codes
    assert carrier.faults.waiting() == ()


def test_faults_for_other_requests_than_sends(client: Client, carrier: Emulator) -> None:
    carrier.faults.add(Fault(kind=FaultKind.HTTP_ERROR, http_status=503, on=Operation.LIST))
    message = send(client)
    assert message.fetch().sid == message.sid
    with pytest.raises(TwilioException):
        client.messages.list()
    assert len(client.messages.list()) == 1


@pytest.mark.parametrize(("end", "heard"), [("", ["sent", "undelivered"]), ("failed", ["failed"])])
def test_later_failures(
    client: Client, connected: Emulator, app: FakeApp, end: str, heard: list[str]
) -> None:
    fault = Fault(kind=FaultKind.FAIL, code=30007, status=end)
    assert statuses(client, connected, app, fault) == heard
    assert app.posts[-1].form["ErrorCode"] == "30007"
    assert connected.messages()[0].error_code == 30007


def test_no_receipt(client: Client, connected: Emulator, app: FakeApp) -> None:
    assert statuses(client, connected, app, Fault(kind=FaultKind.NO_RECEIPT)) == ["sent"]
    assert connected.messages()[0].status is Status.SENT


@pytest.mark.parametrize(
    ("fault", "heard"),
    [
        (
            Fault(kind=FaultKind.CALLBACK_REPEAT, count=3),
            ["sent"] * 3 + ["delivered"] * 3,
        ),
        (Fault(kind=FaultKind.CALLBACK_DELAY, seconds=0.05), ["sent", "delivered"]),
        (Fault(kind=FaultKind.CALLBACK_REORDER), ["delivered", "sent"]),
        (Fault(kind=FaultKind.CALLBACK_DROP), []),
        (Fault(kind=FaultKind.CALLBACK_DROP, status="delivered"), ["sent"]),
        (Fault(kind=FaultKind.CALLBACK_STATUS, status="pondering"), ["sent", "pondering"]),
    ],
)
def test_unruly_callbacks(
    client: Client, connected: Emulator, app: FakeApp, fault: Fault, heard: list[str]
) -> None:
    assert statuses(client, connected, app, fault) == heard
    assert connected.messages()[0].status is Status.DELIVERED


def test_late_callbacks_do_not_hold_up_the_message(
    client: Client, connected: Emulator, app: FakeApp
) -> None:
    connected.faults.add(Fault(kind=FaultKind.CALLBACK_DELAY, seconds=600))
    sid = send(client, status_callback=f"{app.url}/sms/status").sid
    wait_until("delivery", lambda: connected.message(sid).status is Status.DELIVERED)
    assert app.posts == []


def test_callbacks_wait_until_they_are_released(
    client: Client, connected: Emulator, app: FakeApp
) -> None:
    connected.hold_reports()
    sid = send(client, status_callback=f"{app.url}/sms/status").sid
    wait_until("delivery", lambda: connected.message(sid).status is Status.DELIVERED)
    connected.wait_until_idle()
    assert app.posts == []
    connected.release_reports()
    connected.wait_until_idle()
    assert app.statuses() == ["sent", "delivered"]
    send(client, status_callback=f"{app.url}/sms/status")
    connected.wait_until_idle()
    assert app.statuses() == ["sent", "delivered"] * 2


@pytest.mark.parametrize(
    "make",
    [
        lambda: Fault(kind=FaultKind.ERROR),
        lambda: Fault(kind=FaultKind.DELAY),
        lambda: Fault(kind=FaultKind.HTTP_ERROR),
        lambda: Fault(kind=FaultKind.CALLBACK_STATUS),
        lambda: Fault(kind=FaultKind.NO_RECEIPT, times=0),
        lambda: Fault(kind=FaultKind.FAIL, code=30003, status="delivered"),
    ],
)
def test_faults_that_make_no_sense_are_refused(make: Callable[[], Fault]) -> None:
    with pytest.raises(ValueError, match="fault"):
        make()
