"""The strict reader of spoken TwiML, and how long words take."""

import pytest
from twilio.twiml.voice_response import VoiceResponse

from emulator.voice_twiml import BadTwiML, ends_by_falling_through, parse, speech
from emulator.voice_verbs import Dial, Gather, Hangup, Pause, Play, Record, Redirect, Reject, Say

JOANNA = 'voice="Polly.Joanna-Neural"'


def document(inside: str) -> str:
    return f"<Response>{inside}</Response>"


def say(inside: str, attributes: str = JOANNA) -> Say:
    (verb,) = parse(document(f"<Say {attributes}>{inside}</Say>"))
    assert isinstance(verb, Say)
    return verb


def test_a_document_of_the_real_library() -> None:
    response = VoiceResponse()
    gather = response.gather(
        input="dtmf speech",
        action="/voice/turn?n=1",
        num_digits=1,
        finish_on_key="",
        timeout=7,
        speech_timeout="auto",
        hints="menu, representative",
        language="es-US",
        action_on_empty_result=True,
        barge_in=False,
    )
    gather.say("¿Puede beber agua?", voice="Polly.Lupe-Neural", language="es-US")
    gather.pause(length=2)
    response.redirect("/voice/inbound", method="POST")
    assert parse(str(response)) == (
        Gather(
            prompts=(
                Say(("¿Puede beber agua?",), "Polly.Lupe-Neural", "es-US"),
                Pause(2),
            ),
            takes_keys=True,
            takes_speech=True,
            action="/voice/turn?n=1",
            timeout=7,
            speech_timeout=None,
            num_digits=1,
            finish_on_key="",
            action_on_empty=True,
            barge_in=False,
            hints=("menu", "representative"),
            language="es-US",
        ),
        Redirect("/voice/inbound"),
    )


def test_the_speech_timeout() -> None:
    for attributes, seconds in (
        ('speechTimeout="2"', 2),
        ('speechTimeout="auto"', None),
        ('timeout="8"', 8),
        ('speechModel="phone_call" speechTimeout="3"', 3),
    ):
        (verb,) = parse(document(f'<Gather input="speech" {attributes}/>'))
        assert isinstance(verb, Gather)
        assert verb.speech_timeout == seconds


def test_every_verb() -> None:
    verbs = parse(
        document(
            '<!-- a comment --><Play loop="2">/a.mp3</Play><Play digits="1w2"/><Pause/>'
            '<Record maxLength="60" recordingStatusCallback="/voice/rec" finishOnKey="#"/>'
            '<Dial timeout="20" callerId="+18285550110" answerOnBridge="true">'
            "<Number>+18285550111</Number></Dial><Hangup/>"
        ).encode()
    )
    assert verbs == (
        Play("/a.mp3", loop=2),
        Play("", "1w2"),
        Pause(),
        Record(max_length=60, status_callback="/voice/rec", finish_on_key="#"),
        Dial(
            numbers=("+18285550111",),
            timeout=20,
            caller_id="+18285550110",
            answer_on_bridge=True,
        ),
        Hangup(),
    )
    assert parse(document('<Reject reason="busy"/>')) == (Reject("busy"),)
    assert parse(document("")) == ()


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("OK", "not XML"),
        ("<Response><Say>x</Response>", "not XML"),
        ("<Answer/>", "<Response>"),
        ('<Response lang="en"/>', "unknown attributes"),
        ("<!DOCTYPE r><Response/>", "document type"),
        (document("<Say>" + "a" * 65536 + "</Say>"), "64 KB"),
        (document("Hello"), "outside a verb"),
        (document("<Sms>x</Sms>"), "not a verb"),
        (document("<Message>x</Message>"), "not a verb"),
        (document("<say>x</say>"), "not a verb"),
        (document('<Say speed="1">x</Say>'), "speed"),
        (document("<Say> </Say>"), "nothing to say"),
        (document("<Say>" + "a" * 3001 + "</Say>"), "3000"),
        (document('<Say loop="1001">x</Say>'), "loop"),
        (document('<Say voice="alice">x</Say>'), "voice"),
        (document('<Say voice="Polly.Joanna-Neural" language="es-US">x</Say>'), "es-US"),
        (document('<Say language="xx-XX">x</Say>'), "language"),
        (document("<Play/>"), "either"),
        (document("<Play>ftp://x/y.mp3</Play>"), "http"),
        (document("<Play>a b.mp3</Play>"), "spaces"),
        (document('<Pause length="0"/>'), "length"),
        (document("<Pause>x</Pause>"), "empty"),
        (document("<Gather><Hangup/></Gather>"), "inside <Gather>"),
        (document("<Gather>Press 1</Gather>"), "outside a verb"),
        (document('<Gather input="keys"/>'), "input"),
        (document('<Gather numDigits="0"/>'), "numDigits"),
        (document('<Gather finishOnKey="##"/>'), "finishOnKey"),
        (document('<Gather numDigits="1" finishOnKey="#"/>'), "never pressed"),
        (document('<Gather input="speech" numDigits="1"/>'), "speech only"),
        (document('<Gather hints="menu"/>'), "keys only"),
        (document('<Gather input="speech" speechModel="phone_call"/>'), "speechTimeout"),
        (
            document('<Gather input="speech" speechModel="phone_call" speechTimeout="auto"/>'),
            "speechTimeout",
        ),
        (
            document(
                '<Gather input="speech" speechModel="phone_call" speechTimeout="2"'
                ' language="es-MX"/>'
            ),
            "es-MX",
        ),
        (document('<Gather input="speech" language="Spanish"/>'), "language"),
        (document(f'<Gather input="speech" hints="{"a," * 500}a"/>'), "500"),
        (document(f'<Gather input="speech" hints="{"a" * 101}"/>'), "100"),
        (document('<Gather action="javascript:x"/>'), "action"),
        (document('<Gather method="PUT"/>'), "method"),
        (document('<Gather timeout="auto"/>'), "timeout"),
        (document('<Gather actionOnEmptyResult="yes"/>'), "actionOnEmptyResult"),
        (document("<Dial/>"), "needs a number"),
        (document("<Dial>the clinic</Dial>"), "not a phone number"),
        (document("<Dial><Client>x</Client></Dial>"), "only <Number>"),
        (document('<Dial callerId="828">+18285550111</Dial>'), "callerId"),
        (document('<Dial action="/d">+18285550111</Dial><Say>x</Say>'), "never reached"),
        (document('<Record maxLength="1"/>'), "maxLength"),
        (document('<Record transcribe="true" maxLength="121"/>'), "transcript"),
        (document("<Redirect/>"), "address"),
        (document("<Redirect>/a</Redirect><Hangup/>"), "never reached"),
        (document("<Hangup/><Say>x</Say>"), "never reached"),
        (document("<Hangup>now</Hangup>"), "empty"),
        (document("<Say>x</Say><Reject/>"), "first"),
        (document("<Reject/><Say>x</Say>"), "never reached"),
        (document('<Reject reason="asleep"/>'), "reason"),
    ],
)
def test_what_twilio_would_not_take(bad: str, why: str) -> None:
    with pytest.raises(BadTwiML) as caught:
        parse(bad)
    assert why in str(caught.value)


def test_the_line_of_an_error_is_told() -> None:
    with pytest.raises(BadTwiML, match="line 3"):
        parse("<Response>\n<Say>x</Say>\n<Sms>x</Sms></Response>")


@pytest.mark.parametrize(
    "good",
    [
        '<break time="400ms"/>x',
        'a <break strength="x-strong"/> b',
        '<prosody rate="90%" volume="loud">x</prosody>',
        '<say-as interpret-as="telephone">8285550110</say-as>',
        '<say-as interpret-as="date" format="mdy">11/20/2026</say-as>',
        '<p><s>One.</s><s>Two <w role="amazon:VB">read</w>.</s></p>',
        '<sub alias="doctor">Dr.</sub>',
        '<lang xml:lang="es-US">Hola</lang>',
        '<phoneme alphabet="ipa" ph="pɪˈkɑːn">pecan</phoneme>',
    ],
)
def test_ssml_that_neural_voices_take(good: str) -> None:
    assert say(good)


@pytest.mark.parametrize(
    "bad",
    [
        "<emphasis>x</emphasis>",
        "<b>x</b>",
        '<prosody pitch="high">x</prosody>',
        "<prosody>x</prosody>",
        '<prosody rate="10%">x</prosody>',
        '<prosody rate="fastish">x</prosody>',
        '<break time="11s"/>x',
        '<break time="1"/>x',
        "<break>x</break>x",
        '<break length="1s"/>x',
        "<say-as>x</say-as>",
        '<say-as interpret-as="phone">x</say-as>',
        '<say-as interpret-as="digits" format="mdy">1</say-as>',
        '<say-as interpret-as="date" format="american">1</say-as>',
        '<sub alias="">x</sub>',
        '<lang xml:lang="Spanish">x</lang>',
        '<w role="verb">x</w>',
        '<phoneme alphabet="ipa">x</phoneme>',
        '<p class="a">x</p>',
        "<p><p>x</p></p>",
        "<s><p>x</p></s>",
        "<p></p>x",
    ],
)
def test_ssml_that_they_do_not_take(bad: str) -> None:
    with pytest.raises(BadTwiML):
        say(bad)


def test_ssml_depends_on_the_voice() -> None:
    phoneme = '<phoneme alphabet="ipa" ph="x">x</phoneme>'
    with pytest.raises(BadTwiML):
        say(phoneme, 'voice="Google.es-US-Neural2-A"')
    with pytest.raises(BadTwiML):
        say('<break time="1s"/>x', 'voice="man"')


@pytest.mark.parametrize(
    ("inside", "falls"),
    [
        ("", True),
        ("<Say>x</Say>", True),
        ("<Say>x</Say><Hangup/>", False),
        ("<Gather/>", True),
        ('<Gather actionOnEmptyResult="true"/>', False),
        ("<Gather/><Redirect>/x</Redirect>", False),
        ("<Gather/><Say>x</Say>", True),
        ("<Record/>", True),
        ("<Record/><Redirect>/x</Redirect>", False),
        ("<Dial>+18285550111</Dial>", True),
        ('<Dial action="/d">+18285550111</Dial>', False),
        ("<Reject/>", False),
    ],
)
def test_falling_through(inside: str, *, falls: bool) -> None:
    assert ends_by_falling_through(parse(document(inside))) is falls


@pytest.mark.parametrize(
    ("inside", "text", "seconds"),
    [
        ("one two three four five", "one two three four five", 2.0),
        ('<prosody rate="50%">one two three four five</prosody>', "one two three four five", 4.0),
        ('<say-as interpret-as="telephone">8285550110</say-as>', "8285550110", 4.0),
        ('<say-as interpret-as="digits">1 2</say-as>', "1 2", 0.8),
        ('one<break time="400ms"/>two<break time="1.5s"/>', "one two", 2.7),
        ('<sub alias="Doctor Who">Dr.</sub> is in', "Doctor Who is in", 1.6),
        ("<p>One.</p><p>Two.</p>", "One. Two.", 2.0),
        ("a , b", "a , b", 0.8),
    ],
)
def test_what_is_heard_and_for_how_long(inside: str, text: str, seconds: float) -> None:
    spoken = speech(say(inside))
    assert spoken.text == text
    assert spoken.seconds == pytest.approx(seconds)


def test_the_length_of_other_prompts() -> None:
    assert speech(Pause(3)).seconds == 3
    assert speech(Pause(3)).text == ""
    assert speech(Play("/a.mp3")).text == "[sound: /a.mp3]"
    assert speech(say("one two three four five", f'{JOANNA} loop="3"')).seconds == pytest.approx(6)
