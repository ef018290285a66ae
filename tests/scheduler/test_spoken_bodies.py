"""What a reminder says by phone: whose, when, the fast, nothing about the body, and good TwiML."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.library import default_library
from profiles import LANGUAGES
from scheduler.bodies import Occasioned, appointment_words, spoken_body
from scheduler.planning import visit_of
from scheduler.policy import Kind
from tests.support.csv_files import NOW, sample_profiles
from tests.support.data import STARTS_AT

LIBRARY = default_library()
ARA = sample_profiles()["ara-health"]
DAYS = {"en": "Tuesday, December 1st", "es": "martes primero de diciembre"}
TIMES = {"en": "8 30 AM", "es": "las 8 y 30 de la mañana"}
SYMBOLS = re.compile(r"[/&%#*@_<>\[\]{}~^|:]|\bSTOP\b")
KEYS = {"en": "press", "es": "oprima"}
UNSPEAKABLE = re.compile(
    r"kypho|vertebr|cifoplast|fractur|osteopor|spin(e|al)|columna|bone|hueso", re.IGNORECASE
)


def spoken(kind: Kind, language: str, starts_at: dt.datetime = STARTS_AT) -> str:
    about = Occasioned("Rosalind", language, "kyphoplasty", starts_at)
    return spoken_body(LIBRARY, ARA, about, kind, NOW)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(Kind))
def test_every_reminder_says_who_when_and_the_keys(kind: Kind, language: str) -> None:
    said = spoken(kind, language)
    assert "ARA Health" in said
    assert "Rosalind" in said
    assert DAYS[language] in said
    if kind is not Kind.FASTING_START:
        assert TIMES[language] in said
    wanted = "0" if kind is Kind.CANCELLED else "1230"
    assert all(f"{KEYS[language]} {key}" in said for key in wanted)
    assert not UNSPEAKABLE.search(said)


@pytest.mark.parametrize("kind", [Kind.DAY_BEFORE, Kind.FASTING_START, Kind.BOOKED, Kind.MOVED])
def test_the_fast_names_its_night(kind: Kind) -> None:
    assert "2 30 AM, which is Monday night" in spoken(kind, "en")
    assert "es decir, la noche del lunes al martes" in spoken(kind, "es")


@given(
    st.sampled_from(Kind),
    st.sampled_from(LANGUAGES),
    st.integers(0, 4 * 365 * 24 * 60).map(lambda m: STARTS_AT + dt.timedelta(minutes=m)),
)
def test_nothing_is_said_that_a_voice_stumbles_over(
    kind: Kind, language: str, at: dt.datetime
) -> None:
    said = spoken(kind, language, at)
    assert not SYMBOLS.search(said.replace(ARA.coordinator.phone, "")), said


def test_texts_are_worded_as_before() -> None:
    visit = visit_of(ARA, "kyphoplasty", STARTS_AT)
    assert appointment_words(ARA, visit, "en")["day"] == "Tue, Dec 1"
