"""From acceptance to the last status, and the signed callbacks on the way."""

import pytest
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from emulator import Emulator, Fault, FaultKind, Reach, Status
from tests.support.emulator import CLINIC, PHONE, FakeApp, client_for

SERVICE = "MG" + "5" * 32


def send(client: Client, app: FakeApp, **values: object) -> MessageInstance:
    usual = {"to": PHONE, "from_": CLINIC, "body": "Hello"}
    return client.messages.create(
        **(usual | {"status_callback": f"{app.url}/sms/status?o=7&n=%C3%B1"} | values)
    )


def test_the_usual_journey(client: Client, connected: Emulator, app: FakeApp) -> None:
    sid = send(client, app).sid
    connected.wait_until_idle()
    message = connected.message(sid)
    assert message.history == ("queued", "sending", "sent", "delivered")
    assert message.sent_at is not None
    assert app.statuses() == ["sent", "delivered"]
    assert [callback.answered for callback in connected.callbacks(sid)] == [204, 204]


def test_callbacks_are_twilios_in_form_and_signature(
    client: Client, connected: Emulator, app: FakeApp
) -> None:
    sid = send(client, app).sid
    connected.wait_until_idle()
    first, second = app.posts
    assert first.url.endswith("/sms/status?o=7&n=%C3%B1"), "the query comes back as it was given"
    assert first.is_signed_by(connected.options.auth_tokens[0])
    assert not first.is_signed_by("another token")
    assert first.form == {
        "AccountSid": connected.options.account_sid,
        "ApiVersion": "2010-04-01",
        "From": CLINIC,
        "MessageSid": sid,
        "MessageStatus": "sent",
        "SmsSid": sid,
        "SmsStatus": "sent",
        "To": PHONE,
    }
    assert second.form.keys() - first.form.keys() == {"RawDlrDoneDate"}


def test_a_service_tells_of_the_queue_too(
    client: Client, connected: Emulator, app: FakeApp
) -> None:
    send(client, app, from_=None, messaging_service_sid=SERVICE)
    connected.wait_until_idle()
    assert app.statuses() == ["queued", "sent", "delivered"]
    assert {post.form["MessagingServiceSid"] for post in app.posts} == {SERVICE}


def test_the_first_token_signs(app: FakeApp) -> None:
    with Emulator(app_url=app.url, auth_tokens=("new", "old")) as carrier:
        send(client_for(carrier), app)
        carrier.wait_until_idle()
    assert all(post.is_signed_by("new") and not post.is_signed_by("old") for post in app.posts)


def test_a_fragment_is_neither_sent_nor_signed(
    client: Client, connected: Emulator, app: FakeApp
) -> None:
    send(client, app, status_callback=f"{app.url}/sms/status#rc=2&rp=all")
    connected.wait_until_idle()
    assert app.posts[0].url == f"{app.url}/sms/status"
    assert app.posts[0].is_signed_by(connected.options.auth_tokens[0])


@pytest.mark.parametrize(
    ("reach", "code"), [(Reach.OFF, 30003), (Reach.LANDLINE, 30006), (Reach.BLOCKING, 30004)]
)
def test_a_phone_that_takes_no_texts(
    client: Client, connected: Emulator, app: FakeApp, reach: Reach, code: int
) -> None:
    connected.set_reach(PHONE, reach)
    message = send(client, app)
    connected.wait_until_idle()
    assert app.statuses() == ["sent", "undelivered"]
    assert app.posts[-1].form["ErrorCode"] == str(code)
    fetched = message.fetch()
    assert (fetched.status, fetched.error_code) == ("undelivered", code)
    assert fetched.error_message


def test_a_text_that_waits_too_long_expires(
    client: Client, connected: Emulator, app: FakeApp
) -> None:
    connected.faults.add(Fault(kind=FaultKind.HOLD_IN_QUEUE, seconds=60))
    sid = send(client, app, validity_period=1).sid
    connected.wait_until_idle()
    message = connected.message(sid)
    assert (message.status, message.error_code) == (Status.FAILED, 30036)
    assert message.history == ("queued", "failed")
    assert app.posts[-1].form["ErrorCode"] == "30036"


def test_a_text_that_waits_briefly_is_delivered(
    client: Client, connected: Emulator, app: FakeApp
) -> None:
    connected.faults.add(Fault(kind=FaultKind.HOLD_IN_QUEUE, seconds=0.2))
    sid = send(client, app, validity_period=1).sid
    connected.wait_until_idle()
    assert connected.message(sid).status is Status.DELIVERED


def test_an_app_that_is_down_stops_nothing(client: Client, carrier: Emulator) -> None:
    callback = "http://127.0.0.1:9/sms/status"
    sid = client.messages.create(to=PHONE, from_=CLINIC, body="Hello", status_callback=callback).sid
    carrier.wait_until_idle()
    assert carrier.message(sid).status is Status.DELIVERED
    assert [callback.answered for callback in carrier.callbacks(sid)] == [0, 0]


def test_a_service_without_numbers_cannot_send(app: FakeApp) -> None:
    with Emulator(app_url=app.url) as carrier:
        send(client_for(carrier), app, from_=None, messaging_service_sid=SERVICE)
        carrier.wait_until_idle()
        assert app.statuses() == ["failed"]
        assert app.posts[0].form["ErrorCode"] == "21704"


def test_waiting_for_a_message(client: Client, connected: Emulator, app: FakeApp) -> None:
    with pytest.raises(TimeoutError):
        connected.wait_for_message(to=PHONE, timeout=0.05)
    send(client, app, body="Good morning")
    assert connected.wait_for_message(to=PHONE, containing="morning").body == "Good morning"
    with pytest.raises(TimeoutError):
        connected.wait_for_message(to=PHONE, containing="evening", timeout=0.05)
    assert [message.body for message in connected.messages(to=PHONE)] == ["Good morning"]
