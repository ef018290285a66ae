"""Calls over the control interface, as tests and scripts in other processes make them."""

from typing import Any

import pytest
import requests

from emulator import Emulator, Pickup
from tests.support.emulator import CLINIC, PHONE, FakeApp, client_for
from tests.support.voice_app import BYE, MENU, said


@pytest.fixture
def voice(app: FakeApp) -> FakeApp:
    """The tiny app, which answers calls with a menu first and says goodbye then."""
    app.speak = lambda post: said(MENU if "Digits" not in post.form else BYE)
    return app


def ask(carrier: Emulator, path: str, body: object) -> dict[str, Any]:
    answer = requests.post(f"{carrier.url}/emulator/{path}", json=body, timeout=60)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


def test_a_call_that_is_driven_step_by_step(connected: Emulator, voice: FakeApp) -> None:
    call = ask(connected, "calls", {"from": PHONE, "to": CLINIC})
    assert (call["status"], call["direction"], call["phone"]) == ("in-progress", "inbound", PHONE)
    assert [part["text"] for part in call["heard"]] == ["one two three four five"]
    assert call["waiting"] == {
        "kind": "gather",
        "timeout": 5,
        "keys": True,
        "speech": False,
        "language": "en-US",
        "longest": 0,
        "stoppable_from": 0.0,
    }
    assert (call["fresh"], call["scripted"]) == (0, False)
    call = ask(connected, f"calls/{call['sid']}", {"wait": True})
    assert call["acts"] == 2
    call = ask(connected, f"calls/{call['sid']}", {"press": "2"})
    assert (call["status"], call["ending"]) == ("completed", "hangup")
    assert [part["text"] for part in call["heard"][call["fresh"] :]] == ["Goodbye."]
    shown = requests.get(f"{connected.url}/emulator/calls/{call['sid']}", timeout=60).json()
    assert shown == call
    connected.wait_until_idle()
    assert [post.path for post in voice.posts][-2:] == ["/voice/turn", "/voice/status"]
    assert all(post.is_signed_by(connected.options.auth_tokens[0]) for post in voice.posts)


def test_a_scripted_call_runs_to_its_end(connected: Emulator, voice: FakeApp) -> None:
    sid = ask(connected, "calls", {"from": PHONE, "to": CLINIC, "script": ["wait", "3"]})["sid"]
    connected.wait_until_idle()
    (call,) = requests.get(
        f"{connected.url}/emulator/calls", params={"from": PHONE, "to": CLINIC}, timeout=60
    ).json()
    assert (call["sid"], call["ending"]) == (sid, "hangup")
    assert [post.form["Digits"] for post in voice.posts if "Digits" in post.form] == ["3"]


def test_a_silent_caller_is_let_go(connected: Emulator, voice: FakeApp) -> None:
    voice.speak = lambda _: said("<Gather/><Redirect>/voice/inbound</Redirect>")
    ask(connected, "calls", {"from": PHONE, "to": CLINIC, "script": []})
    connected.wait_until_idle()
    assert connected.calls()[0].ending == "caller"


@pytest.mark.parametrize("caller", ["anonymous", "", "+266696687"])
def test_a_withheld_number(connected: Emulator, voice: FakeApp, caller: str) -> None:
    ask(connected, "calls", {"from": caller, "to": CLINIC, "script": ["hang up"]})
    assert voice.posts[0].form["From"] == caller


def test_keys_during_a_prompt_stop_it(connected: Emulator, voice: FakeApp) -> None:
    sid = ask(connected, "calls", {"from": PHONE, "to": CLINIC})["sid"]
    call = ask(connected, f"calls/{sid}", {"press": "1", "during": 0})
    assert call["heard"][-1]["second"] == pytest.approx(1.5)
    voice.speak = lambda _: said('<Gather bargeIn="false"><Say>one</Say></Gather><Hangup/>')
    sid = ask(connected, "calls", {"from": PHONE, "to": CLINIC})["sid"]
    ask(connected, f"calls/{sid}", {"press": "1#", "during": 0})
    connected.wait_until_idle()  # the first call's report may still be on its way
    assert [post.path for post in voice.posts if post.form["CallSid"] == sid] == ["/voice/inbound"]


def test_recording_dialling_and_speaking(connected: Emulator, voice: FakeApp) -> None:
    documents = iter(
        [
            '<Record action="/a"/><Hangup/>',
            '<Dial action="/b">+18285550111</Dial>',
            '<Gather input="speech" action="/c"/><Hangup/>',
            BYE,
        ]
    )
    voice.speak = lambda _: said(next(documents))
    sid = ask(connected, "calls", {"from": PHONE, "to": CLINIC})["sid"]
    call = ask(connected, f"calls/{sid}", {"record": 4, "key": "#"})
    assert call["waiting"]["kind"] == "dial"
    call = ask(connected, f"calls/{sid}", {"dial": "busy"})
    assert call["waiting"]["speech"]
    ask(connected, f"calls/{sid}", {"say": "water", "confidence": None})
    first, second, third = (post.form for post in voice.posts[1:4])
    assert (first["RecordingDuration"], first["Digits"]) == ("4", "#")
    assert second["DialCallStatus"] == "busy"
    assert third["SpeechResult"] == "water"
    assert "Confidence" not in third


def test_a_ringing_call_is_answered_or_declined(connected: Emulator, voice: FakeApp) -> None:
    ask(connected, "pickups", {"number": PHONE, "by": "ring"})
    calls = client_for(connected).calls
    for body, status in (({"answer": "human"}, "in-progress"), ({"decline": "busy"}, "busy")):
        sid = calls.create(to=PHONE, from_=CLINIC, url=f"{voice.url}/voice/reminder").sid
        connected.wait_for_call(PHONE, "ringing")
        connected.wait_until_idle()
        assert ask(connected, f"calls/{sid}", body)["status"] == status


def test_how_the_next_call_is_met(connected: Emulator, voice: FakeApp) -> None:
    ask(connected, "pickups", {"next": True, "by": "failed", "sip_code": 404})
    ask(connected, "pickups", {"next": True, "number": PHONE, "by": "human", "script": ["1"]})
    calls = client_for(connected).calls
    for _ in range(2):
        calls.create(to=PHONE, from_=CLINIC, url=f"{voice.url}/voice/reminder")
        connected.wait_until_idle()
    assert [call.status for call in connected.calls()] == ["failed", "completed"]
    assert voice.posts[-1].form["Digits"] == "1"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("calls", {"from": "Mary", "to": CLINIC}),
        ("calls", {"from": PHONE, "to": "x"}),
        ("calls", {"from": PHONE, "to": CLINIC, "script": "1"}),
        ("calls", {"from": PHONE, "to": CLINIC, "script": ["sing"]}),
        ("calls/CA1", {"press": "1"}),
        ("calls/CA1", {"decline": "sleepy"}),
        ("calls/CA1", {}),
        ("calls/CA1", {"record": "long"}),
        ("calls/CA1", {"dial": "odd"}),
        ("calls/CA1", {"say": "x", "confidence": "high"}),
        ("pickups", {"by": "human"}),
        ("pickups", {"number": PHONE, "by": "dog"}),
        ("pickups", {"number": "x", "by": "human"}),
        ("pickups", {"number": PHONE, "by": "human", "colour": "red"}),
    ],
)
def test_requests_that_make_no_sense_are_explained(
    connected: Emulator, path: str, body: object
) -> None:
    answer = requests.post(f"{connected.url}/emulator/{path}", json=body, timeout=60)
    assert answer.status_code == 400
    assert answer.json()["problem"]
    assert connected.calls() == []


def test_a_test_calls_in(connected: Emulator, voice: FakeApp) -> None:
    call = connected.call(PHONE, CLINIC).hears("three").presses("1").hears("Goodbye")
    (record,) = connected.calls(to=CLINIC)
    assert record.sid == call.sid
    assert record.status == "completed"
    assert record.duration is not None
    connected.wait_until_idle()
    assert voice.posts[-1].form["CallDuration"] == str(record.duration)


def test_reset_forgets_calls(connected: Emulator, voice: FakeApp) -> None:
    connected.set_pickup(PHONE, Pickup(by="busy"))
    connected.call(PHONE, CLINIC)
    ask(connected, "reset", {})
    assert connected.calls() == []
    client_for(connected).calls.create(to=PHONE, from_=CLINIC, url=f"{voice.url}/x")
    connected.wait_until_idle()
    assert connected.calls()[0].status == "completed"
