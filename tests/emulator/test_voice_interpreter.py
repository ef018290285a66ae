"""Recordings, dialled numbers, hang-ups and failures, as the interpreter carries them out."""

from collections.abc import Callable

import pytest

from emulator.voice_call import Call
from emulator.voice_events import Ending
from emulator.voice_phone import Phone
from emulator.voice_twiml import BadTwiML
from emulator.webhook import NoAnswerError
from tests.support.emulator import CLINIC, PHONE
from tests.support.voice_app import BYE, MENU, Answer, voice_app

VOICEMAIL = (
    '<Say>Please speak.</Say><Record action="/voice/turn" maxLength="30" timeout="4"'
    ' finishOnKey="#" recordingStatusCallback="/voice/recording"'
    ' recordingStatusCallbackEvent="completed absent"/><Redirect>/voice/silence</Redirect>'
)


def test_a_recording() -> None:
    script = voice_app(VOICEMAIL)
    call = Phone(script.post, recordings_url="http://127.0.0.1:9").call(PHONE, to=CLINIC)
    call.hears("speak").records(12, "#").hears("Goodbye")
    assert script.paths() == [
        "/voice/inbound",
        "/voice/turn",
        "/voice/recording",
        "/voice/status",
    ]
    form, report = script.asked[1][1], script.asked[2][1]
    assert form["RecordingUrl"].startswith("http://127.0.0.1:9/2010-04-01/Accounts/AC")
    assert (form["RecordingDuration"], form["Digits"]) == ("12", "#")
    assert report["RecordingUrl"] == form["RecordingUrl"]
    assert (report["RecordingStatus"], report["CallSid"]) == ("completed", call.sid)


def test_a_recording_may_be_reported_first() -> None:
    script = voice_app(VOICEMAIL)
    call = Phone(script.post).call(PHONE, to=CLINIC)
    call.interpreter.recordings_reported_first = True
    call.records(40)
    assert script.paths()[1:3] == ["/voice/recording", "/voice/turn"]
    assert call.requests[1].form["RecordingDuration"] == "30", "no longer than maxLength"


@pytest.mark.parametrize(
    "act",
    [
        lambda call: call.records(0),
        lambda call: call.waits(),
        lambda call: call.presses("#"),
    ],
)
def test_an_empty_recording_goes_on_with_the_document(act: Callable[[Call], Call]) -> None:
    script = voice_app(VOICEMAIL)
    call = act(Phone(script.post).call(PHONE, to=CLINIC)).hears("Goodbye")
    assert sorted(script.paths()[1:3]) == ["/voice/recording", "/voice/silence"]
    assert call.callbacks[0].form["RecordingStatus"] == "absent"


def test_hanging_up_after_speaking_keeps_the_recording() -> None:
    script = voice_app(VOICEMAIL)
    call = Phone(script.post).call(PHONE, to=CLINIC).records(8, "hangup")
    assert call.ending is Ending.CALLER
    form = call.requests[-1].form
    assert (form["Digits"], form["RecordingDuration"], form["CallStatus"]) == (
        "hangup",
        "8",
        "completed",
    )
    assert "Goodbye." not in [text for _, text in call.everything], "nobody hears the answer"


def test_hanging_up_without_a_word_is_no_recording() -> None:
    script = voice_app(VOICEMAIL)
    call = Phone(script.post).call(PHONE, to=CLINIC).hangs_up()
    assert call.ending is Ending.CALLER
    assert "/voice/turn" not in script.paths()
    assert call.callbacks[0].form["RecordingStatus"] == "absent"


@pytest.mark.parametrize(
    ("outcome", "duration"),
    [("completed", "60"), ("busy", None), ("no-answer", None), ("failed", None)],
)
def test_a_dialled_number(outcome: str, duration: str | None) -> None:
    dial = '<Dial action="/voice/turn" timeout="20">+18285550111</Dial>'
    call = Phone(voice_app(dial).post).call(PHONE, to=CLINIC).dial_ends(outcome).hears("Goodbye")
    form = call.requests[-1].form
    assert form["DialCallStatus"] == outcome
    assert form.get("DialCallDuration") == duration
    assert form["DialCallSid"] != call.sid


def test_a_dialled_number_without_action_goes_on() -> None:
    dial = '<Dial timeout="20">+18285550111</Dial>' + BYE
    call = Phone(voice_app(dial).post).call(PHONE, to=CLINIC).waits().hears("Goodbye")
    assert len(call.requests) == 1
    assert call.clock == pytest.approx(20.4)


def test_hanging_up_while_it_rings_at_the_clinic() -> None:
    dial = '<Dial action="/voice/turn">+18285550111</Dial>'
    call = Phone(voice_app(dial).post).call(PHONE, to=CLINIC).hangs_up()
    assert call.requests[-1].form["DialCallStatus"] == "canceled"
    assert call.heard == ""
    assert call.ending is Ending.CALLER


@pytest.mark.parametrize("end_reported_first", [False, True])
def test_hanging_up_while_talking_with_the_clinic(end_reported_first: bool) -> None:
    dial = '<Dial action="/voice/turn" answerOnBridge="true">+18285550111</Dial>'
    script = voice_app(dial)
    call = Phone(script.post).call(PHONE, to=CLINIC)
    call.interpreter.end_reported_first = end_reported_first
    call.talks(90).hangs_up()
    form = call.requests[-1].form
    told = {name: form[name] for name in ("DialCallStatus", "DialCallDuration", "DialBridged")}
    assert told == {
        "DialCallStatus": "completed",
        "DialCallDuration": "90",
        "DialBridged": "true",
    }
    assert form["CallStatus"] == "completed"
    assert call.callbacks[-1].form["CallDuration"] == "90"
    last = ["/voice/turn", "/voice/status"]
    assert script.paths()[1:] == (last[::-1] if end_reported_first else last)
    assert call.ending is Ending.CALLER


def test_the_clinic_hangs_up_first() -> None:
    dial = '<Dial action="/voice/turn">+18285550111</Dial>'
    call = Phone(voice_app(dial).post).call(PHONE, to=CLINIC).talks(30)
    call.dial_ends("completed", 0).hears("Goodbye")
    assert call.requests[-1].form["DialCallDuration"] == "30"
    assert call.ending is Ending.HANGUP


@pytest.mark.parametrize(("reason", "status"), [("busy", "busy"), ("rejected", "no-answer")])
def test_a_rejected_call(reason: str, status: str) -> None:
    call = Phone(voice_app(f'<Reject reason="{reason}"/>').post).call(PHONE, to=CLINIC)
    assert call.callbacks[-1].form["CallStatus"] == status
    assert call.callbacks[-1].form["CallDuration"] == "0"


def test_hanging_up() -> None:
    script = voice_app(MENU)
    call = Phone(script.post).call(PHONE, to=CLINIC).hangs_up()
    assert call.ended
    assert script.paths() == ["/voice/inbound", "/voice/status"]


def test_hanging_up_before_the_first_verb() -> None:
    script = voice_app(MENU)
    call = Phone(script.post).call(PHONE, to=CLINIC, abandoned=True)
    assert call.everything == []
    assert script.paths() == ["/voice/inbound", "/voice/status"]
    assert script.asked[-1][1]["CallDuration"] == "0"


@pytest.mark.parametrize(
    "answer",
    [
        (500, "oops"),
        (302, ""),
        NoAnswerError(11200, "did not answer in time"),
        NoAnswerError(11205, "could not be reached"),
        TimeoutError(),
    ],
)
def test_an_app_that_does_not_answer(answer: Answer) -> None:
    call = Phone(voice_app(MENU, turn=answer).post).call(PHONE, to=CLINIC).presses("1")
    call.hears("application error has occurred")
    assert call.ending is Ending.ERROR
    assert "clinic's service" in call.problem
    script = voice_app(answer, safe=BYE)
    call = Phone(script.post, fallback="/voice/safe").call(PHONE, to=CLINIC).hears("Goodbye")
    form = script.asked[1][1]
    assert form["ErrorUrl"] == "https://clinic.example/voice/inbound"
    assert form["ErrorCode"] == ("11205" if "reached" in str(answer) else "11200")
    call = Phone(voice_app(answer, safe=answer).post, fallback="/voice/safe").call(PHONE, to=CLINIC)
    assert call.ending is Ending.ERROR


def test_a_document_that_is_no_twiml_is_shown() -> None:
    for answer in ("<Sms/>", (200, "It works!")):
        with pytest.raises(BadTwiML) as caught:
            Phone(voice_app(answer).post).call(PHONE, to=CLINIC)
        assert "clinic.example/voice/inbound answered" in str(caught.value)
        call = Phone(voice_app(answer).post, strict=False).call(PHONE, to=CLINIC)
        assert call.ending is Ending.ERROR
