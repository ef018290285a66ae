"""Words as SSML: sentences, pauses, numbers, voices; and always what Polly takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.voice_twiml import parse, speech
from emulator.voice_verbs import Say
from voice.speech import say, sentences, ssml


def spoken(text: str, language: str = "en") -> Say:
    (verb,) = parse(f"<Response>{say(ssml(text), language)}</Response>")
    assert isinstance(verb, Say)
    return verb


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Ask Dr. Smith. He knows.", ["Ask Dr. Smith.", "He knows."]),
        ("Hay ayuno. ¿Qué desea saber?", ["Hay ayuno.", "¿Qué desea saber?"]),
        ("Mary A. Jones. Come in.", ["Mary A. Jones.", "Come in."]),
        ("no capital. after this", ["no capital. after this"]),
        ("  many   blanks\n here. ", ["many blanks here."]),
    ],
)
def test_sentences(text: str, cut: list[str]) -> None:
    assert sentences(text) == cut


@pytest.mark.parametrize(
    "number", ["(828) 436-5500", "828-436-5500", "828.436.5500", "+1 828 436 5500"]
)
def test_a_phone_number_is_marked_as_one(number: str) -> None:
    marked = f'<say-as interpret-as="telephone">{number}</say-as>'
    assert ssml(f"Call {number} now.") == f"<s>Call {marked} now.</s>"


@pytest.mark.parametrize("written", ["911", "9 1 1"])
def test_emergency_numbers_are_read_digit_by_digit(written: str) -> None:
    assert ssml(f"Call {written} now.") == "<s>Call 9 1 1 now.</s>"
    assert ssml("Text 988.") == "<s>Text 9 8 8.</s>"


def test_other_numbers_stay() -> None:
    assert ssml("Fast for 6 hours, 9110 or 1911.") == "<s>Fast for 6 hours, 9110 or 1911.</s>"


def test_voices_and_pace() -> None:
    assert spoken("Hello.").voice == "Polly.Joanna-Neural"
    spanish = spoken("Hola.", "es")
    assert (spanish.voice, spanish.language) == ("Polly.Lupe-Neural", "es-US")
    assert 'rate="90%"' in say(ssml("Hello."), "en")


def test_there_is_a_pause_between_sentences() -> None:
    together, alone = speech(spoken("One. Two.")).seconds, speech(spoken("One. two.")).seconds
    assert together > alone


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1))
def test_any_words_make_good_ssml(text: str) -> None:
    if any(character.isalnum() for character in text) and all(ord(c) < 0xFFFE for c in text):
        assert speech(spoken(text)).text
