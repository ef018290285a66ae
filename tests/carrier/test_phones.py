"""Phone numbers as offices write them, and the senders a carrier reports."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrier.phones import (
    PhoneError,
    SenderKind,
    is_person,
    masked,
    parse_us,
    pretty,
    sender_kind,
)

E164 = "+18285550142"
numbers = st.from_regex(r"\+1[2-9][0-9]{2}[2-9][0-9]{6}", fullmatch=True)


class TestParseUs:
    @pytest.mark.parametrize(
        "spelling",
        [
            "(828) 555-0142",
            "(828)555-0142",
            "828.555.0142",
            "828-555-0142",
            "828-555-0142 ",
            "\t828 555 0142\n",
            "828/555-0142",
            "8285550142",
            "18285550142",
            "1 828 555 0142",
            "1-828-555-0142",
            "1 (828) 555-0142",
            "+18285550142",
            "+1 828 555 0142",
            "+1 (828) 555-0142",
            "tel:+1-828-555-0142",
            "828\u2013555\u20130142",
            "828\u2011555\u20110142",
            "828\u00a0555\u00a00142",
            "\uff0b18285550142",
            "８２８-555-0142",
            "011 1 828 555 0142",
            "8285550142.0",
            "18285550142.0",
        ],
    )
    def test_us_spellings(self, spelling: str) -> None:
        assert parse_us(spelling) == E164

    @pytest.mark.parametrize(
        ("text", "hint"),
        [
            ("", "No phone number is given"),
            ("   ", "No phone number is given"),
            ("828-555-0142 ext 12", "extension"),
            ("828-555-0142 ext. 12", "extension"),
            ("828-555-0142x12", "extension"),
            ("828-555-0142 #12", "extension"),
            ("8285550142,,12", "extension"),
            ("8285550142;ext=12", "extension"),
            ("1-800-FLOWERS", "letters"),
            ("828-555-0142 (home)", "letters"),
            ("cell 828-555-0142", "letters"),
            ("+44 20 7946 0958", "country code other than 1"),
            ("+52 55 1234 5678", "country code other than 1"),
            ("+8285550142", "country code other than 1"),
            ("555-0142", "this one has 7"),
            ("828-555-014", "this one has 9"),
            ("828-555-01422", "this one has 11"),
            ("128-555-0142", "begin with 0 or 1"),
            ("028-555-0142", "begin with 0 or 1"),
            ("828-055-0142", "begin with 0 or 1"),
            ("828-155-0142", "begin with 0 or 1"),
            ("828-555-0142 / 828-555-0143", "not one phone number"),
            ("none", "not one phone number"),
            ("+", "not one phone number"),
            ("?", "not one phone number"),
            ("8" * 300, "not one phone number"),
        ],
    )
    def test_refused_with_the_reason(self, text: str, hint: str) -> None:
        with pytest.raises(PhoneError, match=hint):
            parse_us(text)

    @given(numbers)
    def test_every_number_is_read_back_from_each_of_its_forms(self, number: str) -> None:
        for spelling in (number, number[1:], number[2:], pretty(number), f"+1 {pretty(number)}"):
            assert parse_us(spelling) == number

    @given(st.text() | st.text(alphabet="0123456789+-() .x#,", max_size=25))
    def test_any_text_gives_a_number_or_a_sentence_without_it(self, text: str) -> None:
        try:
            assert is_person(parse_us(text))
        except PhoneError as error:
            refusal = error
        else:
            return
        assert str(refusal).endswith(".")
        assert sum(character.isdigit() for character in str(refusal)) <= 3
        assert refusal.__suppress_context__ or refusal.__context__ is None


class TestIsPerson:
    @given(numbers)
    def test_the_north_american_plan(self, number: str) -> None:
        assert is_person(number)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "8285550142",
            "18285550142",
            "+1828555014",
            "+182855501420",
            "+11285550142",
            "+18281550142",
            "+442079460958",
            "+18285550142\n",
            " +18285550142",
            "+1８285550142",
            "client:+18285550142",
        ],
    )
    def test_everything_else(self, text: str) -> None:
        assert not is_person(text)


class TestSenderKind:
    @pytest.mark.parametrize(
        ("sender", "kind"),
        [
            (E164, SenderKind.PERSON),
            ("12345", SenderKind.SHORT_CODE),
            ("227263", SenderKind.SHORT_CODE),
            ("1234", SenderKind.OTHER),
            ("1234567", SenderKind.OTHER),
            ("anonymous", SenderKind.WITHHELD),
            ("Anonymous", SenderKind.WITHHELD),
            ("UNKNOWN", SenderKind.WITHHELD),
            ("restricted", SenderKind.WITHHELD),
            ("unavailable", SenderKind.WITHHELD),
            ("blocked", SenderKind.WITHHELD),
            ("private", SenderKind.WITHHELD),
            ("", SenderKind.WITHHELD),
            ("  ", SenderKind.WITHHELD),
            (None, SenderKind.WITHHELD),
            ("+266696687", SenderKind.WITHHELD),
            ("+7378742833", SenderKind.WITHHELD),
            ("+8656696", SenderKind.WITHHELD),
            ("+86282452253", SenderKind.WITHHELD),
            ("+2562533", SenderKind.WITHHELD),
            ("CLINIC", SenderKind.OTHER),
            ("Pharmacy 24", SenderKind.OTHER),
            ("client:desk", SenderKind.OTHER),
            ("sip:desk@example.org", SenderKind.OTHER),
            ("whatsapp:+18285550142", SenderKind.OTHER),
            ("+442079460958", SenderKind.OTHER),
        ],
    )
    def test_kinds(self, sender: str | None, kind: SenderKind) -> None:
        assert sender_kind(sender) is kind

    @pytest.mark.parametrize(
        ("word", "spelled"),
        [
            ("ANONYMOUS", "+266696687"),
            ("RESTRICTED", "+7378742833"),
            ("UNKNOWN", "+8656696"),
            ("UNAVAILABLE", "+86282452253"),
            ("BLOCKED", "+2562533"),
        ],
    )
    def test_keypad_spellings_are_those_words(self, word: str, spelled: str) -> None:
        keypad = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
        assert "+" + word.translate(keypad) == spelled


class TestShowing:
    def test_masked_keeps_four_digits(self) -> None:
        assert masked(E164) == "…0142"

    @pytest.mark.parametrize("short", ["", "12345", "227263", "0142"])
    def test_masked_hides_short_ones_whole(self, short: str) -> None:
        assert masked(short) == "…"

    def test_pretty(self) -> None:
        assert pretty(E164) == "(828) 555-0142"
        assert pretty("+442079460958") == "+442079460958"
        assert pretty("12345") == "12345"
