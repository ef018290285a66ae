"""Calls that the app places, as patients' phones take them or do not."""

import pytest

from emulator.voice_events import Ending
from emulator.voice_phone import Phone
from emulator.voice_request import CallRequest
from emulator.voice_twiml import BadTwiML, parse
from tests.support.emulator import CLINIC, PHONE
from tests.support.voice_app import MENU, Script, said, voice_app

ALL = frozenset({"initiated", "ringing", "answered", "completed"})


def reminder(**values: object) -> CallRequest:
    address = {"url": "https://clinic.example/voice/reminder?r=1"}
    callback = {"status_callback": "https://clinic.example/voice/status?r=1"}
    given = {"to": PHONE, "from_": CLINIC, **address, **callback, **values}
    return CallRequest(**given)  # type: ignore[arg-type] # values are checked by each test's use


def reminder_app() -> Script:
    script = voice_app(MENU)
    script.answers["/voice/reminder?r=1"] = MENU
    return script


def test_an_outbound_call_that_a_person_answers() -> None:
    script = reminder_app()
    call = Phone(script.post).answers(reminder(status_events=ALL))
    call.hears("three").presses("1").hears("Goodbye")
    assert [form.form["CallStatus"] for form in call.callbacks] == [
        "initiated",
        "ringing",
        "in-progress",
        "completed",
    ]
    assert [form.form["SequenceNumber"] for form in call.callbacks] == ["0", "1", "2", "3"]
    form = call.requests[0].form
    assert (form["Direction"], form["CallStatus"]) == ("outbound-api", "in-progress")
    assert (form["To"], form["From"]) == (PHONE, CLINIC)
    assert "AnsweredBy" not in form


@pytest.mark.parametrize(
    ("detection", "by", "told"),
    [
        ("Enable", "human", "human"),
        ("Enable", "machine", "machine_start"),
        ("DetectMessageEnd", "machine", "machine_end_beep"),
        ("DetectMessageEnd", "machine_end_silence", "machine_end_silence"),
        ("Enable", "unknown", "unknown"),
        ("Enable", "fax", "fax"),
    ],
)
def test_who_answered(detection: str, by: str, told: str) -> None:
    call = Phone(reminder_app().post).answers(reminder(machine_detection=detection), by=by)
    assert call.requests[0].form["AnsweredBy"] == told
    assert int(call.requests[0].form["MachineDetectionDuration"]) >= 4000
    assert call.hangs_up().callbacks[-1].form["AnsweredBy"] == told


def test_who_answered_can_come_later() -> None:
    script = reminder_app()
    later = ("https://clinic.example/voice/amd", "POST")
    request = reminder(machine_detection="Enable", async_amd=True, async_amd_callback=later)
    call = Phone(script.post).answers(request, by="machine")
    assert "AnsweredBy" not in call.requests[0].form
    assert script.asked[-1][0] == "/voice/amd"
    assert script.asked[-1][1]["AnsweredBy"] == "machine_start"


def test_detection_finds_only_what_it_looks_for() -> None:
    request = reminder(machine_detection="DetectMessageEnd")
    with pytest.raises(ValueError, match="machine_start"):
        Phone(reminder_app().post).answers(request, by="machine_start")


def test_outbound_calls_that_end_early() -> None:
    script = reminder_app()
    call = Phone(script.post).answers(reminder(), hangs_up_at_once=True)
    assert script.paths() == ["/voice/status?r=1"]
    assert call.requests == []
    for outcome in ("busy", "no-answer", "failed", "canceled"):
        (report,) = Phone(script.post).does_not_answer(reminder(), outcome, sip_code=486)
        assert report.form["CallStatus"] == outcome
        assert (report.form["CallDuration"], report.form["SipResponseCode"]) == ("0", "486")


def test_a_document_given_with_the_call_needs_whole_addresses() -> None:
    for action, bad in (("/voice/turn", True), ("https://clinic.example/voice/turn", False)):
        twiml = said(f'<Gather numDigits="1" action="{action}"/><Hangup/>')
        call = Phone(voice_app(MENU).post).answers(reminder(url="", document=parse(twiml)))
        if bad:
            with pytest.raises(BadTwiML, match="in full"):
                call.presses("1")
        else:
            call.presses("1").hears("Goodbye")


def test_a_call_that_was_given_a_limit_ends_then() -> None:
    call = Phone(reminder_app().post).answers(reminder(time_limit=6))
    assert call.waits().ending is Ending.TIME_LIMIT
    assert call.clock == 6
    assert call.callbacks[-1].form["CallDuration"] == "6"
