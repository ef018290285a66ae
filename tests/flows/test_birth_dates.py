"""Dates of birth in every sensible form, and none where there is none."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.birth_dates import birth_dates, masked

TODAY = dt.date(2026, 11, 20)
ENGLISH = "January February March April May June July August September October November December"
SPANISH = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
births = st.dates(dt.date(1900, 1, 1), TODAY)
adults = st.dates(dt.date(1927, 11, 21), dt.date(2008, 11, 20))
languages = st.sampled_from(["en", "es"])


def forms(born: dt.date) -> list[str]:
    """A date in every form with a whole year that an American or a Spanish speaker writes."""
    english, spanish = ENGLISH.split()[born.month - 1], SPANISH.split()[born.month - 1]
    day, year = born.day, born.year
    return [
        f"{born:%m%d%Y}",
        f"{born:%m/%d/%Y}",
        f"{born.month}-{day}-{year}",
        f"{born.month}.{day}.{year}",
        f"{born.month} {day} {year}",
        f"{born.month} / {day} / {year}",
        f"{born:%Y-%m-%d}",
        f"{english} {day} {year}",
        f"{english[:3]} {day}, {year}",
        f"{english} {day}th, {year}.",
        f"the {day} of {english} {year}",
        f"my date of birth is {english} {day} {year}",
        f"{day} de {spanish} de {year}",
        f"{day} de {spanish.upper()} del {year}",
        f"nací el {day} de {spanish} de {year}",
        " ".join(f"{born:%m%d%Y}"),
    ]


@given(births, languages)
def test_every_form_with_a_whole_year_is_read(born: dt.date, language: str) -> None:
    for form in forms(born):
        assert born in birth_dates(form, language, TODAY), form


@given(births)
def test_an_american_date_means_one_day_in_an_english_conversation(born: dt.date) -> None:
    assert birth_dates(f"{born:%m/%d/%Y}", "en", TODAY) == (born,)


@given(births)
def test_the_day_may_come_first_in_a_spanish_conversation(born: dt.date) -> None:
    assert born in birth_dates(f"{born.day}/{born.month}/{born.year}", "es", TODAY)


@given(adults, languages)
def test_a_short_year_makes_an_adult(born: dt.date, language: str) -> None:
    for form in (f"{born:%m/%d/%y}", f"{born:%m%d%y}", f"{born.month}-{born.day}-{born:%y}"):
        (first, *_) = birth_dates(form, language, TODAY)
        assert first == born, form


@pytest.mark.parametrize(
    ("text", "born"),
    [
        ("May seventeenth nineteen forty-eight", "1948-05-17"),
        ("may nineteen nineteen forty eight", "1948-05-19"),
        ("five seventeen nineteen forty eight", "1948-05-17"),
        ("the twenty first of june nineteen oh five", "1905-06-21"),
        ("march second two thousand five", "2005-03-02"),
        ("zero five one seven one nine four eight", "1948-05-17"),
        ("diecisiete de mayo de mil novecientos cuarenta y ocho", "1948-05-17"),
        ("dos de marzo de dos mil cinco", "2005-03-02"),
        ("born May 2nd '48", "1948-05-02"),
        ("5171948", "1948-05-17"),
        ("17/05/1948", "1948-05-17"),
        ("my mother was born 5/17/1948 and she wants to know", "1948-05-17"),
        ("2/29/48", "1948-02-29"),
    ],
)
def test_what_people_say(text: str, born: str) -> None:
    assert birth_dates(text, "en", TODAY) == (dt.date.fromisoformat(born),)


@pytest.mark.parametrize(
    "text",
    [
        *("10|2 pm|1|1 2 3|May 17|1948|5/17|11/25|the 25th|at 9:30|48|2026|99999999".split("|")),
        *("436-5500|(828) 436-5500|call 828 436 5500|+18285550142|28601|1-800-555-0142".split("|")),
        *("is it on 11/25/26?|11/25/2026|is it 11/25/2026 at 9:30|13/13/1948|2/30/1948".split("|")),
        *(
            "i take 2 pills at 10 since 1990|my MRI was 3/2/2019|may i eat at 5|mil gracias".split(
                "|"
            )
        ),
        *("I ate at 6 and 9 and 48|one or two|may|mayo|¿a las 10 o a las 11?|0|".split("|")),
        "9" * 5000,
    ],
)
@pytest.mark.parametrize("language", ["en", "es"])
def test_ordinary_texts_are_no_dates_of_birth(text: str, language: str) -> None:
    assert birth_dates(text, language, TODAY) == ()
    assert masked(text, language, TODAY, is_asked=False) == text


@given(st.text(max_size=300), languages)
def test_any_text_can_be_read(text: str, language: str) -> None:
    for date in birth_dates(text, language, TODAY):
        assert dt.date(1900, 1, 1) <= date <= TODAY


@given(births, languages)
def test_no_part_of_a_date_that_was_asked_for_is_kept(born: dt.date, language: str) -> None:
    for form in forms(born):
        kept = masked(form, language, TODAY, is_asked=True)
        assert not any(character.isdigit() for character in kept)
        names = {ENGLISH.split()[born.month - 1], SPANISH.split()[born.month - 1]}
        assert not any(name.lower() in kept.lower().split() for name in names)


def test_an_incomplete_date_that_was_asked_for_is_hidden_as_well() -> None:
    assert masked("it is 5/17", "en", TODAY, is_asked=True) == "it is #/##"


def test_a_date_that_nobody_asked_for_is_hidden_and_the_rest_is_kept() -> None:
    text = "I was born 05/17/1948, can I eat at 10?"
    assert masked(text, "en", TODAY, is_asked=False) == "I was born ##/##/####, can I eat at ##?"
