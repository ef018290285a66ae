"""Days, clock times and hours as a voice says them."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from flows.clinic_words import hours_words
from flows.model import Channel
from flows.spoken_times import spoken_clock, spoken_day
from tests.support.csv_files import sample_profiles

PROFILE = sample_profiles()["ara-health"]


@pytest.mark.parametrize(
    ("date", "english", "spanish"),
    [
        ((2026, 11, 24), "Tuesday, November 24th", "martes 24 de noviembre"),
        ((2026, 12, 1), "Tuesday, December 1st", "martes primero de diciembre"),
        ((2026, 12, 2), "Wednesday, December 2nd", "miércoles 2 de diciembre"),
        ((2026, 12, 3), "Thursday, December 3rd", "jueves 3 de diciembre"),
        ((2026, 12, 11), "Friday, December 11th", "viernes 11 de diciembre"),
        ((2027, 1, 21), "Thursday, January 21st", "jueves 21 de enero"),
        ((2027, 1, 31), "Sunday, January 31st", "domingo 31 de enero"),
    ],
)
def test_days(date: tuple[int, int, int], english: str, spanish: str) -> None:
    assert spoken_day(dt.date(*date), "en") == english
    assert spoken_day(dt.date(*date), "es") == spanish


@pytest.mark.parametrize(
    ("time", "english", "spanish"),
    [
        ("09:00", "9 AM", "las 9 de la mañana"),
        ("09:15", "9 15 AM", "las 9 y 15 de la mañana"),
        ("09:05", "9 oh 5 AM", "las 9 y 5 de la mañana"),
        ("13:00", "1 PM", "la 1 de la tarde"),
        ("01:30", "1 30 AM", "la 1 y 30 de la madrugada"),
        ("12:00", "12 noon", "las 12 del mediodía"),
        ("12:30", "12 30 PM", "las 12 y 30 de la tarde"),
        ("00:00", "12 midnight", "las 12 de la noche"),
        ("00:30", "12 30 AM", "las 12 y 30 de la madrugada"),
        ("19:00", "7 PM", "las 7 de la noche"),
    ],
)
def test_clock_times(time: str, english: str, spanish: str) -> None:
    assert spoken_clock(dt.time.fromisoformat(time), "en") == english
    assert spoken_clock(dt.time.fromisoformat(time), "es") == spanish


def test_hours() -> None:
    english = hours_words(PROFILE, "en", Channel.VOICE)
    assert english == "Monday to Friday, from 8 AM to 5 PM"
    spanish = hours_words(PROFILE, "es", Channel.VOICE)
    assert spanish == "lunes a viernes, de las 8 de la mañana a las 5 de la tarde"


def test_hours_with_a_break_and_a_single_day() -> None:
    hours = {"mon": ["08:00-12:00", "13:00-17:00"], "sat": ["09:30-12:00"]}
    profile = msgspec.structs.replace(PROFILE, hours=hours)
    assert hours_words(profile, "en", Channel.VOICE) == (
        "Monday, from 8 AM to 12 noon and from 1 PM to 5 PM, Saturday, from 9 30 AM to 12 noon"
    )
