"""TwiML is read strictly."""

import pytest

from emulator.twiml import Reply, TwimlError, read, read_answer
from emulator.webhook import Answer


def xml(inner: str) -> bytes:
    return f"<?xml version='1.0' encoding='UTF-8'?><Response>{inner}</Response>".encode()


@pytest.mark.parametrize(
    ("inner", "replies"),
    [
        ("", []),
        ("<Message>Hello</Message>", [Reply("Hello")]),
        ("\n  <Message>\n  Hello\n  </Message>\n", [Reply("Hello")]),
        ("<Message><Body> kept as is </Body></Message>", [Reply(" kept as is ")]),
        ("<Message>1 &amp; 2 &lt;3&gt; ñ</Message>", [Reply("1 & 2 <3> ñ")]),
        ("<Message>a</Message><!-- c --><Message>b</Message>", [Reply("a"), Reply("b")]),
        (
            "<Message><Media>http://x/1.png</Media><Media>http://x/2.png</Media></Message>",
            [Reply("", ("http://x/1.png", "http://x/2.png"))],
        ),
        (
            '<Message to="+18285550143" action="/a" statusCallback="/s" method="POST">x</Message>',
            [Reply("x", to="+18285550143", action="/a", status_callback="/s")],
        ),
    ],
)
def test_what_is_in_order(inner: str, replies: list[Reply]) -> None:
    assert read(xml(inner)) == replies


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (b"", 12100),
        (b"OK", 12100),
        (b"<Response><Message>Hi</Response>", 12100),
        (b"<Respond/>", 12100),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><Response/>", 12100),
        (xml("<Redirect>/x</Redirect>"), 12200),
        (xml("<message>Hi</message>"), 12200),
        (xml("loose words"), 12200),
        (xml('<Message sendDigits="1">x</Message>'), 12200),
        (xml('<Message method="GET">x</Message>'), 12200),
        (xml('<Message to="Mary">x</Message>'), 12200),
        (xml("<Message><Body>a</Body><Body>b</Body></Message>"), 12200),
        (xml("<Message>a<Body>b</Body></Message>"), 12200),
        (xml("<Message><Body><b>x</b></Body></Message>"), 12200),
        (xml("<Message><Say>x</Say></Message>"), 12200),
        (xml("<Message></Message>"), 14103),
        (xml(f"<Message>{'a' * 1601}</Message>"), 21617),
        ("<Response><Message>ñ</Message></Response>".encode("latin-1"), 12100),
    ],
)
def test_what_is_not(document: bytes, code: int) -> None:
    with pytest.raises(TwimlError) as caught:
        read(document)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("answer", "replies"),
    [
        (Answer(200, "text/xml", xml("<Message>a</Message>")), [Reply("a")]),
        (Answer(200, "text/html", xml("<Message>a</Message>")), [Reply("a")]),
        (Answer(200, "text/plain", b"plain words"), [Reply("plain words")]),
        (Answer(204, "", b""), []),
    ],
)
def test_answers_that_count(answer: Answer, replies: list[Reply]) -> None:
    assert read_answer(answer) == replies


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(500, "text/xml", xml("")), 11200),
        (Answer(403, "text/html", b"no"), 11200),
        (Answer(302, "text/html", b""), 11200),
        (Answer(200, "application/json", b"{}"), 12300),
        (Answer(200, "text/html", b"OK"), 12100),
        (Answer(200, "text/xml", xml(f"<!--{'x' * 65_536}-->")), 11750),
    ],
)
def test_answers_that_do_not(answer: Answer, code: int) -> None:
    with pytest.raises(TwimlError) as caught:
        read_answer(answer)
    assert caught.value.code == code
