"""The interpreter of calls, against an app that is a table of documents."""

from collections.abc import Mapping

import pytest
from flask import Flask, request
from twilio.request_validator import RequestValidator

from emulator.voice_call import CallError, FellThroughError
from emulator.voice_events import Ending, RunawayError
from emulator.voice_phone import Phone
from emulator.voice_verbs import Gather, Hangup, Redirect, Say
from tests.support.emulator import CLINIC, PHONE, flask_poster
from tests.support.voice_app import BYE, MENU, said, voice_app


def test_a_call_from_end_to_end() -> None:
    script = voice_app(MENU, turn=lambda form: f"<Say>You pressed {form['Digits']}.</Say>" + MENU)
    call = Phone(script.post).call(PHONE, to=CLINIC)
    call.hears("ONE  two three").hears_not("pressed").presses("2").hears("you pressed 2.")
    call.hears_not("goodbye").waits().hears("Goodbye").hears_not("pressed")
    assert call.ended
    assert call.ending is Ending.HANGUP
    assert call.everything[0] == (0.0, "one two three four five")
    assert call.everything[1] == (2.5, "You pressed 2.")
    assert call.clock == pytest.approx(2.0 + 0.5 + 1.2 + 2.0 + 5.0 + 0.4)
    assert [type(verb) for verb in call.executed] == [Gather, Say, Gather, Redirect, Say, Hangup]
    first, turn, silence = call.requests
    assert first.form.keys() >= {"CallSid", "AccountSid", "Caller", "Called", "ApiVersion"}
    assert (first.form["From"], first.form["To"]) == (PHONE, CLINIC)
    assert (first.form["CallStatus"], first.form["Direction"]) == ("ringing", "inbound")
    assert (turn.form["CallStatus"], turn.form["Digits"]) == ("in-progress", "2")
    assert "Digits" not in silence.form
    (over,) = call.callbacks
    assert over.url == "https://clinic.example/voice/status"
    assert (over.form["CallStatus"], over.form["CallDuration"]) == ("completed", "11")
    assert over.form["CallSid"] == call.sid


def test_expectations_can_fail() -> None:
    call = Phone(voice_app(MENU).post).call(PHONE, to=CLINIC)
    with pytest.raises(CallError, match="one two three"):
        call.hears("six")
    with pytest.raises(CallError):
        call.hears_not("Two")
    with pytest.raises(CallError, match="recording"):
        call.records(3)
    with pytest.raises(CallError, match="dialled"):
        call.dial_ends("busy")
    call.hangs_up()
    with pytest.raises(CallError, match="over"):
        call.presses("1")


@pytest.mark.parametrize("tail", ["", "<Say>Are you there?</Say>"])
def test_a_call_that_nothing_follows_is_an_error(tail: str) -> None:
    script = voice_app(f"<Gather><Say>Press 1.</Say></Gather>{tail}")
    call = Phone(script.post).call(PHONE, to=CLINIC)
    with pytest.raises(FellThroughError):
        call.waits()
    call = Phone(script.post).call(PHONE, to=CLINIC, may_fall_through=True).waits()
    assert call.ending is Ending.FELL_THROUGH
    with pytest.raises(FellThroughError):
        Phone(voice_app("").post).call(PHONE, to=CLINIC)


def test_keys_end_by_number_by_key_or_by_silence() -> None:
    for attributes, keys, wanted, seconds in (
        ('numDigits="4" finishOnKey=""', "1234", "1234", 2.0),
        ('numDigits="4"', "12#", "12", 1.5),
        ('numDigits="4"', "12", "12", 1.0 + 5),
        ('timeout="3"', "12", "12", 1.0 + 3),
        ('finishOnKey="*"', "1#*", "1#", 1.5),
        ('numDigits="1" finishOnKey=""', "#", "#", 0.5),
        ('numDigits="1" finishOnKey=""', "12", "1", 0.5),
    ):
        script = voice_app(
            f'<Gather action="/voice/turn" {attributes}/><Hangup/>', turn="<Hangup/>"
        )
        call = Phone(script.post).call(PHONE, to=CLINIC).presses(keys)
        assert call.requests[-1].form["Digits"] == wanted
        assert call.clock == pytest.approx(seconds)


def test_keys_can_come_in_pieces() -> None:
    script = voice_app('<Gather action="/voice/turn" numDigits="3"/><Hangup/>')
    call = Phone(script.post).call(PHONE, to=CLINIC)
    call.presses("1", then_silence=False).presses("2", then_silence=False)
    assert len(call.requests) == 1
    assert call.presses("3").requests[-1].form["Digits"] == "123"


def test_the_finishing_key_alone_is_no_input() -> None:
    script = voice_app('<Gather action="/voice/turn"/><Redirect>/voice/silence</Redirect>')
    call = Phone(script.post).call(PHONE, to=CLINIC).presses("#")
    assert script.paths() == ["/voice/inbound", "/voice/silence", "/voice/status"]
    assert call.ended


def test_silence_goes_to_the_action_when_asked_for() -> None:
    script = voice_app('<Gather action="/voice/turn" actionOnEmptyResult="true" timeout="9"/>')
    call = Phone(script.post).call(PHONE, to=CLINIC).waits()
    assert call.requests[-1].form["Digits"] == ""
    assert call.clock == pytest.approx(9.4)
    script = voice_app('<Gather input="speech" action="/voice/turn" actionOnEmptyResult="true"/>')
    assert Phone(script.post).call(PHONE, to=CLINIC).waits().requests[-1].form["SpeechResult"] == ""


def test_speech_with_and_without_confidence() -> None:
    gather = '<Gather input="dtmf speech" action="/voice/turn" speechTimeout="2"/><Hangup/>'
    call = Phone(voice_app(gather).post).call(PHONE, to=CLINIC)
    call.says("Can I drink water?")
    form = call.requests[-1].form
    assert (form["SpeechResult"], form["Confidence"]) == ("Can I drink water?", "0.9")
    assert "Digits" not in form
    assert call.clock == pytest.approx(4 * 0.4 + 2 + 0.4)
    call = Phone(voice_app(gather).post).call(PHONE, to=CLINIC).says("hola", confidence=None)
    assert "Confidence" not in call.requests[-1].form
    call = Phone(voice_app(gather).post).call(PHONE, to=CLINIC).presses("7")
    assert "SpeechResult" not in call.requests[-1].form


def test_input_of_the_other_kind_is_not_heard() -> None:
    call = Phone(voice_app(MENU).post).call(PHONE, to=CLINIC).says("two")
    assert len(call.requests) == 1
    assert isinstance(call.waiting, Gather)
    script = voice_app('<Gather input="speech" action="/voice/turn"/><Hangup/>')
    call = Phone(script.post).call(PHONE, to=CLINIC).presses("2")
    assert len(call.requests) == 1


def test_input_stops_the_prompt() -> None:
    prompts = "<Say>one two three four five</Say><Pause/><Say>six seven</Say>"
    script = voice_app(f'<Gather action="/voice/turn" numDigits="1">{prompts}</Gather><Hangup/>')
    call = Phone(script.post).call(PHONE, to=CLINIC).hears("six").presses("1", after=1.0)
    assert [text for _, text in call.everything] == ["one two three four five", "Goodbye."]
    assert call.everything[1][0] == pytest.approx(1.5)


def test_without_barge_in_early_input_is_lost() -> None:
    script = voice_app('<Gather bargeIn="false" numDigits="1"><Say>one two</Say></Gather><Hangup/>')
    call = Phone(script.post).call(PHONE, to=CLINIC).presses("1", after=0.1)
    assert len(call.requests) == 1
    assert call.heard == "one two"
    assert len(call.presses("1").requests) == 2


def test_without_an_action_the_same_address_is_asked() -> None:
    def inbound(form: Mapping[str, str]) -> str:
        return BYE if "Digits" in form else '<Gather numDigits="1"/><Hangup/>'

    script = voice_app(inbound)
    assert Phone(script.post).call(PHONE, to=CLINIC).presses("1").heard == "Goodbye."
    assert script.paths()[:2] == ["/voice/inbound", "/voice/inbound"]


def test_addresses_are_relative_to_the_document() -> None:
    script = voice_app("<Redirect>menu/one?a=1</Redirect>")
    script.answers["/voice/menu/one?a=1"] = '<Gather action="../turn#rc=2" numDigits="1"/><Hangup/>'
    call = Phone(script.post).call(PHONE, to=CLINIC).presses("1")
    assert script.paths()[1:3] == ["/voice/menu/one?a=1", "/voice/turn"]
    assert call.ending is Ending.HANGUP


def test_get_puts_the_fields_into_the_address() -> None:
    script = voice_app('<Redirect method="GET">/voice/turn?x=1</Redirect>')
    asked: list[str] = []

    def get(url: str) -> tuple[int, str]:
        asked.append(url)
        return 200, f"<Response>{BYE}</Response>"

    Phone(script.post, get=get).call(PHONE, to=CLINIC)
    assert asked[0].startswith("https://clinic.example/voice/turn?x=1&AccountSid=AC")
    assert "From=%2B18285550142" in asked[0]
    assert Phone(script.post).call(PHONE, to=CLINIC).ending is Ending.ERROR


def test_a_circle_of_redirects_is_an_error() -> None:
    with pytest.raises(RunawayError):
        Phone(voice_app("<Redirect>/voice/inbound</Redirect>").post).call(PHONE, to=CLINIC)


def test_the_last_request_again() -> None:
    script = voice_app(MENU, turn=lambda form: f"<Say>{form['Digits']}</Say>" + MENU)
    call = Phone(script.post).call(PHONE, to=CLINIC).presses("3")
    heard, clock = call.everything, call.clock
    assert "<Say>3</Say>" in call.repeat_last_request()
    assert script.asked[-1] == script.asked[-2]
    assert (call.everything, call.clock) == (heard, clock)
    assert len(call.requests) == 2


@pytest.mark.parametrize("caller", ["anonymous", "", "+266696687", "+7378742833"])
def test_a_withheld_number(caller: str) -> None:
    call = Phone(voice_app(MENU).post).call(caller, to=CLINIC)
    form = call.requests[0].form
    assert (form["From"], form["Caller"]) == (caller, caller)
    assert "FromCity" not in form
    assert "ToCity" in form


def test_the_longest_call_ends() -> None:
    call = Phone(voice_app('<Pause length="600"/>' * 25).post).call(PHONE, to=CLINIC)
    assert call.ending is Ending.TIME_LIMIT
    assert call.clock == 14_400


def test_posts_into_an_app_in_this_process_are_signed() -> None:
    web = Flask("app")

    @web.post("/voice/inbound")
    def inbound() -> str | tuple[str, int]:
        given = request.headers["X-Twilio-Signature"]
        url = "https://clinic.example/voice/inbound"
        if not RequestValidator("token").validate(url, request.form, given):
            return "forged", 403
        return said(BYE)

    @web.post("/voice/status")
    def status() -> tuple[str, int]:
        return "", 204

    for token, ending in (("token", Ending.HANGUP), ("other", Ending.ERROR)):
        phone = Phone(flask_poster(web.test_client(), token))
        assert phone.call(PHONE, to=CLINIC).ending is ending
