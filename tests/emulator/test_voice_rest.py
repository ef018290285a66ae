"""Calls over the REST interface, through the real Twilio library."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from emulator import Emulator, Pickup
from tests.support.emulator import CLINIC, OTHER_PHONE, PHONE, FakeApp, client_for
from tests.support.voice_app import BYE, place, said


def refusal(client: Client, app: FakeApp, **values: object) -> TwilioRestException:
    with pytest.raises(TwilioRestException) as caught:
        place(client, app, **values)
    return caught.value


def test_a_call_has_all_of_twilios_fields(
    connected: Emulator, client: Client, voice: FakeApp
) -> None:
    call = place(client, voice)
    assert re.fullmatch(r"CA[0-9a-f]{32}", call.sid)
    assert (call.status, call.direction) == ("queued", "outbound-api")
    assert (call.start_time, call.duration, call.answered_by) == (None, None, None)
    connected.wait_until_idle()
    done = call.fetch()
    assert done.status == "completed"
    assert int(done.duration) > 0
    assert done.start_time is not None
    assert done.end_time is not None
    raw = requests.get(
        connected.url + done.uri,
        auth=(connected.options.account_sid, connected.options.auth_tokens[0]),
        timeout=60,
    ).json()
    assert raw["uri"].endswith(f"/Calls/{call.sid}.json")
    assert {"from", "to", "price", "queue_time", "subresource_uris", "group_sid"} <= raw.keys()


def test_the_app_hears_of_everything_it_asked_for(
    connected: Emulator, client: Client, voice: FakeApp
) -> None:
    events = ["initiated", "ringing", "answered", "completed"]
    callback = {"status_callback": f"{voice.url}/voice/status?r=7", "status_callback_event": events}
    connected.add_pickup(Pickup(script=("1",)))
    call = place(client, voice, **callback, machine_detection="Enable")
    connected.wait_until_idle()
    statuses = [post for post in voice.posts if post.path == "/voice/status"]
    assert [post.form["CallStatus"] for post in statuses] == [
        "initiated",
        "ringing",
        "in-progress",
        "completed",
    ]
    assert [post.form["SequenceNumber"] for post in statuses] == ["0", "1", "2", "3"]
    last = statuses[-1].form
    assert last["CallbackSource"] == "call-progress-events"
    assert (last["AnsweredBy"], last["CallSid"]) == ("human", call.sid)
    assert last["CallDuration"] == call.fetch().duration
    reminder, turn = (post for post in voice.posts if post.path != "/voice/status")
    assert (reminder.path, turn.path) == ("/voice/reminder", "/voice/turn")
    assert reminder.form["AnsweredBy"] == "human"
    assert turn.form["Digits"] == "1"
    assert all(post.is_signed_by(connected.options.auth_tokens[0]) for post in voice.posts)
    assert [c.status for c in connected.callbacks(call.sid)][-1] == "completed"


def test_everything_can_be_asked_for_with_get(
    connected: Emulator, client: Client, voice: FakeApp
) -> None:
    callback = {"status_callback": f"{voice.url}/voice/status", "status_callback_method": "GET"}
    place(client, voice, method="GET", **callback)
    connected.wait_until_idle()
    reminder, status = voice.posts[0], voice.posts[-1]
    assert (reminder.method, status.method) == ("GET", "GET")
    assert (reminder.form["r"], reminder.form["CallStatus"]) == ("1/2", "in-progress")
    assert status.form["CallStatus"] == "completed"
    assert reminder.is_signed_by(connected.options.auth_tokens[0])
    assert status.is_signed_by(connected.options.auth_tokens[0])


def test_only_the_end_is_reported_unless_asked_for(
    connected: Emulator, client: Client, voice: FakeApp
) -> None:
    place(client, voice, status_callback=f"{voice.url}/voice/status")
    connected.wait_until_idle()
    statuses = [post for post in voice.posts if post.path == "/voice/status"]
    assert [post.form["CallStatus"] for post in statuses] == ["completed"]
    assert statuses[0].form["SequenceNumber"] == "3"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"to": "notaphone"}, 21211),
        ({"to": "+1555"}, 21211),
        ({"to": "+11115550142"}, 13224),
        ({"to": ""}, 21201),
        ({"from_": ""}, 21213),
        ({"from_": "the clinic"}, 21212),
        ({"url": ""}, 21205),
        ({"url": "/voice/reminder"}, 21205),
        ({"twiml": "<Response><Sms/></Response>"}, 12100),
        ({"twiml": said("<Say>" + "a" * 4000 + "</Say>")}, 20001),
        ({"status_callback": "ftp://x/y"}, 21209),
        ({"status_callback_event": ["answered", "sung"]}, 21626),
        ({"fallback_url": "x"}, 21205),
        ({"method": "PUT"}, 20001),
        ({"timeout": 601}, 20001),
        ({"time_limit": 0}, 20001),
        ({"machine_detection": "Maybe"}, 20001),
        ({"machine_detection_timeout": 2}, 20001),
        ({"send_digits": "12a"}, 21207),
        ({"application_sid": "AP1"}, 20001),
        ({"to": "+15005550001"}, 21217),
        ({"to": "+15005550002"}, 21214),
        ({"to": "+15005550003"}, 21215),
        ({"to": "+15005550004"}, 21216),
        ({"from_": "+15005550001"}, 21212),
    ],
)
def test_what_is_refused(
    client: Client, carrier: Emulator, voice: FakeApp, values: dict[str, object], code: int
) -> None:
    assert refusal(client, voice, **values).code == code
    assert carrier.calls() == []


def test_strict_numbers_and_the_login(voice: FakeApp) -> None:
    with Emulator(strict_numbers=True, numbers={CLINIC: ""}) as carrier:
        assert refusal(client_for(carrier), voice, from_=OTHER_PHONE).code == 21210
        wrong = Client(carrier.options.account_sid, "wrong")
        wrong.api.base_url = carrier.url
        assert refusal(wrong, voice).status == 401


@pytest.mark.parametrize("outcome", ["busy", "no-answer", "failed"])
def test_calls_that_nobody_answers(
    connected: Emulator, client: Client, voice: FakeApp, outcome: str
) -> None:
    connected.set_pickup(PHONE, Pickup(by=outcome, sip_code=404))
    call = place(client, voice, status_callback=f"{voice.url}/voice/status")
    connected.wait_until_idle()
    assert (call.fetch().status, call.fetch().duration) == (outcome, "0")
    (post,) = voice.posts
    assert (post.form["CallStatus"], post.form["SipResponseCode"]) == (outcome, "404")
    assert client.calls.list(status=outcome)[0].sid == call.sid


def test_a_phone_that_rings_too_long(connected: Emulator, client: Client, voice: FakeApp) -> None:
    connected.set_pickup(PHONE, Pickup(after=60))
    call = place(client, voice, timeout=0)
    connected.wait_until_idle()
    assert call.fetch().status == "no-answer"


@pytest.mark.parametrize(
    ("detection", "by", "told"),
    [
        ("Enable", "machine", "machine_start"),
        ("DetectMessageEnd", "machine", "machine_end_beep"),
        ("DetectMessageEnd", "machine_end_silence", "machine_end_silence"),
        ("Enable", "machine_end_beep", "machine_start"),
    ],
)
def test_a_machine_answers(
    connected: Emulator, client: Client, voice: FakeApp, detection: str, by: str, told: str
) -> None:
    connected.add_pickup(Pickup(by=by), to=PHONE)
    call = place(client, voice, machine_detection=detection)
    connected.wait_until_idle()
    assert voice.posts[0].form["AnsweredBy"] == told
    assert call.fetch().answered_by == told


def test_who_hangs_up_at_once_hears_nothing(
    connected: Emulator, client: Client, voice: FakeApp
) -> None:
    connected.add_pickup(Pickup(by="hangs-up"))
    place(client, voice, status_callback=f"{voice.url}/voice/status")
    connected.wait_until_idle()
    assert [post.path for post in voice.posts] == ["/voice/status"]
    assert voice.posts[0].form["CallStatus"] == "completed"


def test_list_pages_and_filters(connected: Emulator, client: Client, voice: FakeApp) -> None:
    sids = [place(client, voice).sid for _ in range(7)]
    place(client, voice, to=OTHER_PHONE)
    connected.wait_until_idle()
    assert [call.sid for call in client.calls.list(to=PHONE, page_size=3)] == sids[::-1]
    now, hour = datetime.now(UTC), timedelta(hours=1)
    assert len(client.calls.list(start_time_after=now - hour)) == 8
    assert client.calls.list(start_time_after=now + hour) == []
    assert len(client.calls.list(start_time=now)) == 8
    assert len(client.calls.list(to=PHONE, status="completed", limit=2)) == 2
    assert client.calls.list(from_=PHONE) == []
    with pytest.raises(TwilioRestException):
        client.calls("CA" + "0" * 32).fetch()


def test_a_recording_can_be_fetched_and_deleted(
    connected: Emulator, client: Client, voice: FakeApp
) -> None:
    voice.speak = lambda post: said(
        BYE if post.path == "/done" else '<Record action="/done"/><Hangup/>'
    )
    connected.add_pickup(Pickup(script=("record:2",)))
    place(client, voice)
    connected.wait_until_idle()
    form = voice.posts[-1].form
    login = (connected.options.account_sid, connected.options.auth_tokens[0])
    assert requests.get(form["RecordingUrl"], timeout=60).status_code == 401
    sound = requests.get(form["RecordingUrl"], auth=login, timeout=60)
    assert sound.headers["Content-Type"] == "audio/x-wav"
    assert sound.content.startswith(b"RIFF")
    assert len(sound.content) == 44 + 2 * 8000 * 2
    assert client.recordings(form["RecordingSid"]).delete()
    assert requests.get(form["RecordingUrl"] + ".wav", auth=login, timeout=60).status_code == 404


def test_recordings_are_open_to_everybody_where_the_account_says_so(voice: FakeApp) -> None:
    voice.speak = lambda _: said('<Record action="/done"/><Hangup/>')
    with Emulator(
        app_url=voice.url, numbers={CLINIC: "ARA Health"}, recordings_need_login=False
    ) as carrier:
        carrier.call(PHONE, CLINIC).records(1)
        form = next(post.form for post in voice.posts if "RecordingUrl" in post.form)
        assert requests.get(form["RecordingUrl"], timeout=60).ok
