"""Calls in real time: answered by a test, changed on their way, spoilt by the app."""

import pytest
from flask import Response
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from emulator import Emulator, Pickup
from tests.support.emulator import CLINIC, PHONE, FakeApp
from tests.support.voice_app import BYE, place, said

RING = Pickup(by="ring")


def test_a_test_takes_the_call(connected: Emulator, client: Client, voice: FakeApp) -> None:
    connected.set_pickup(PHONE, RING)
    sid = place(client, voice).sid
    assert connected.wait_for_call(PHONE).sid == sid
    call = connected.answer(sid).hears("three four").presses("1").hears("Goodbye")
    assert call.ended
    connected.wait_until_idle()
    (record,) = connected.calls(to=PHONE)
    assert [part.text for part in record.heard] == ["one two three four five", "Goodbye."]
    with pytest.raises(LookupError):
        connected.answer(sid)


def test_who_has_answered_cannot_decline(
    connected: Emulator, client: Client, voice: FakeApp
) -> None:
    connected.set_pickup(PHONE, RING)
    sid = place(client, voice, status_callback=f"{voice.url}/voice/status").sid
    connected.wait_for_call(PHONE)
    call = connected.answer(sid)
    with pytest.raises(LookupError):
        connected.decline(sid)
    connected.wait_until_idle()
    assert connected.calls()[0].status == "in-progress"
    call.hangs_up()
    connected.wait_until_idle()
    statuses = [p.form["CallStatus"] for p in voice.posts if p.path == "/voice/status"]
    assert statuses == ["completed"]


def test_a_document_given_with_the_call(
    connected: Emulator, client: Client, voice: FakeApp
) -> None:
    place(client, voice, twiml=said(f"<Say>Hello.</Say><Redirect>{voice.url}/bye</Redirect>"))
    connected.wait_until_idle()
    assert [part.text for part in connected.calls()[0].heard] == ["Hello.", "Goodbye."]


def test_mistakes_of_the_app_end_the_call(
    connected: Emulator, client: Client, voice: FakeApp
) -> None:
    voice.speak = lambda _: "<Response><Sms/></Response>"
    place(client, voice)
    connected.wait_until_idle()
    (record,) = connected.calls()
    assert record.ending == "application error"
    assert "<Sms>" in record.problem
    for twiml, why in (
        ("<Redirect>/voice/reminder</Redirect>", "in full"),
        (f"<Redirect>{voice.url}/circle</Redirect>", "in a row"),
    ):
        voice.speak = lambda _: said("<Redirect>/circle</Redirect>")
        place(client, voice, twiml=said(twiml))
        connected.wait_until_idle()
        assert why in connected.calls()[-1].problem
    voice.speak = lambda post: said(BYE) if post.path == "/safe" else Response("no", 500)
    place(client, voice, fallback_url=f"{voice.url}/safe")
    connected.wait_until_idle()
    assert connected.calls()[-1].ending == "hangup"
    assert voice.posts[-1].form["ErrorCode"] == "11200"


def test_a_call_that_comes_in_has_the_number_s_fallback_address() -> None:
    with FakeApp(speak=lambda _: said(BYE)) as backup:
        away, safe = "http://127.0.0.1:9", f"{backup.url}/safe"
        with Emulator(
            app_url=away, numbers={CLINIC: "ARA Health"}, voice_fallback_url=safe
        ) as carrier:
            carrier.call(PHONE, CLINIC).hears("Goodbye")
            (post,) = backup.posts
            assert post.is_signed_by(carrier.options.auth_tokens[0])
            assert (post.path, post.form["ErrorCode"]) == ("/safe", "11205")
            assert post.form["ErrorUrl"] == f"{away}/voice/inbound"


def test_canceled_before_it_is_answered(
    connected: Emulator, client: Client, voice: FakeApp
) -> None:
    connected.set_pickup(PHONE, RING)
    call = place(client, voice, status_callback=f"{voice.url}/voice/status")
    connected.wait_for_call(PHONE)
    assert client.calls(call.sid).update(status="canceled").status == "canceled"
    connected.wait_until_idle()
    assert voice.posts[-1].form["CallStatus"] == "canceled"
    with pytest.raises(TwilioRestException) as caught:
        client.calls(call.sid).update(status="completed")
    assert caught.value.code == 21220


def test_changed_while_it_goes_on(connected: Emulator, client: Client, voice: FakeApp) -> None:
    connected.set_pickup(PHONE, RING)
    sid = place(client, voice).sid
    connected.wait_for_call(PHONE)
    call = connected.answer(sid)
    for values in ({"status": "canceled"}, {"status": "ringing"}, {"url": "x"}, {"time_limit": 3}):
        with pytest.raises(TwilioRestException):
            client.calls(sid).update(**values)
    client.calls(sid).update(twiml=said("<Pause/><Record/><Hangup/>"))
    assert connected.calls()[0].waiting is not None
    assert client.calls(sid).update(url=f"{voice.url}/voice/reminder").status == "in-progress"
    assert call.heard.count("three") == 2
    assert client.calls(sid).update(status="completed").status == "completed"
    assert call.ended
