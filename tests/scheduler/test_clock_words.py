"""Days and times as patients read them, in both languages."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.clock_words import clock, day_words, moment_words, spoken_moment
from tests.support.visits import NEW_YORK, local

MONDAY_NIGHT = "la noche del lunes al martes"
ZONES = [
    NEW_YORK,
    "America/Chicago",
    "America/Phoenix",
    "Pacific/Honolulu",
    "America/St_Johns",
    "America/Havana",
    "Australia/Lord_Howe",
]
MOMENTS = st.integers(0, 3 * 365 * 86400).map(
    lambda seconds: dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)
)


@pytest.mark.parametrize(
    ("date", "english", "spanish"),
    [
        ("2026-11-23", "Mon, Nov 23", "lun 23 de nov"),
        ("2026-11-24", "Tue, Nov 24", "mar 24 de nov"),
        ("2026-11-25", "Wed, Nov 25", "mié 25 de nov"),
        ("2026-12-03", "Thu, Dec 3", "jue 3 de dic"),
        ("2027-01-01", "Fri, Jan 1", "vie 1 de ene"),
        ("2027-02-06", "Sat, Feb 6", "sáb 6 de feb"),
        ("2027-03-14", "Sun, Mar 14", "dom 14 de mar"),
        ("2027-04-05", "Mon, Apr 5", "lun 5 de abr"),
        ("2027-05-04", "Tue, May 4", "mar 4 de may"),
        ("2027-06-02", "Wed, Jun 2", "mié 2 de jun"),
        ("2027-07-01", "Thu, Jul 1", "jue 1 de jul"),
        ("2027-08-06", "Fri, Aug 6", "vie 6 de ago"),
        ("2027-09-04", "Sat, Sep 4", "sáb 4 de sep"),
        ("2027-10-31", "Sun, Oct 31", "dom 31 de oct"),
        ("2028-02-29", "Tue, Feb 29", "mar 29 de feb"),
    ],
)
def test_a_day_is_said_with_weekday_month_and_date(date: str, english: str, spanish: str) -> None:
    day = dt.date.fromisoformat(date)
    assert day_words(day, "en") == english
    assert day_words(day, "es") == spanish


@pytest.mark.parametrize(
    ("time", "english", "spanish"),
    [
        ("00:01", "12:01 AM", "12:01 a. m."),
        ("01:00", "1:00 AM", "1:00 a. m."),
        ("09:05", "9:05 AM", "9:05 a. m."),
        ("11:59:59", "11:59 AM", "11:59 a. m."),
        ("12:00", "12:00 PM (noon)", "12:00 p. m. (mediodía)"),
        ("12:01", "12:01 PM", "12:01 p. m."),
        ("13:00", "1:00 PM", "1:00 p. m."),
        ("23:59", "11:59 PM", "11:59 p. m."),
    ],
)
def test_a_clock_time_has_twelve_hours_and_noon_is_named(
    time: str, english: str, spanish: str
) -> None:
    assert clock(dt.time.fromisoformat(time), "en") == english
    assert clock(dt.time.fromisoformat(time), "es") == spanish


@pytest.mark.parametrize(
    ("moment", "english", "spanish"),
    [
        (
            "2026-11-24T01:00",
            "Tue, Nov 24 at 1:00 AM (Monday night)",
            "mar 24 de nov a la 1:00 a. m. (la noche del lunes al martes)",
        ),
        (
            "2026-11-24T00:00",
            "12:00 AM, the night from Mon, Nov 23 to Tue, Nov 24",
            "12:00 a. m., la noche del lun 23 de nov al mar 24 de nov",
        ),
        (
            "2026-11-24T00:00:59",
            "12:00 AM, the night from Mon, Nov 23 to Tue, Nov 24",
            "12:00 a. m., la noche del lun 23 de nov al mar 24 de nov",
        ),
        (
            "2026-11-24T00:01",
            "Tue, Nov 24 at 12:01 AM (Monday night)",
            "mar 24 de nov a las 12:01 a. m. (la noche del lunes al martes)",
        ),
        (
            "2026-11-23T05:59",
            "Mon, Nov 23 at 5:59 AM (Sunday night)",
            "lun 23 de nov a las 5:59 a. m. (la noche del domingo al lunes)",
        ),
        ("2026-11-24T06:00", "Tue, Nov 24 at 6:00 AM", "mar 24 de nov a las 6:00 a. m."),
        ("2026-11-24T09:30", "Tue, Nov 24 at 9:30 AM", "mar 24 de nov a las 9:30 a. m."),
        (
            "2026-11-24T12:00",
            "Tue, Nov 24 at 12:00 PM (noon)",
            "mar 24 de nov a las 12:00 p. m. (mediodía)",
        ),
        ("2026-11-24T13:45", "Tue, Nov 24 at 1:45 PM", "mar 24 de nov a la 1:45 p. m."),
        ("2026-11-23T23:59", "Mon, Nov 23 at 11:59 PM", "lun 23 de nov a las 11:59 p. m."),
        (
            "2027-01-01T00:00",
            "12:00 AM, the night from Thu, Dec 31 to Fri, Jan 1",
            "12:00 a. m., la noche del jue 31 de dic al vie 1 de ene",
        ),
        (
            "2026-11-29T02:00",
            "Sun, Nov 29 at 2:00 AM (Saturday night)",
            "dom 29 de nov a las 2:00 a. m. (la noche del sábado al domingo)",
        ),
    ],
)
def test_a_moment_says_its_day_and_at_night_which_night(
    moment: str, english: str, spanish: str
) -> None:
    zone = ZoneInfo(NEW_YORK)
    assert moment_words(local(moment), zone, "en") == english
    assert moment_words(local(moment), zone, "es") == spanish


@pytest.mark.parametrize(
    ("moment", "zone", "fold", "words"),
    [
        ("2026-11-01T00:59", NEW_YORK, 0, "Sun, Nov 1 at 12:59 AM (Saturday night)"),
        ("2026-11-01T01:30", NEW_YORK, 0, "Sun, Nov 1 at 1:30 AM EDT (Saturday night)"),
        ("2026-11-01T01:30", NEW_YORK, 1, "Sun, Nov 1 at 1:30 AM EST (Saturday night)"),
        ("2026-11-01T02:00", NEW_YORK, 0, "Sun, Nov 1 at 2:00 AM (Saturday night)"),
        ("2026-11-01T01:00", "America/Chicago", 0, "Sun, Nov 1 at 1:00 AM CDT (Saturday night)"),
        ("2026-11-01T01:00", "America/Chicago", 1, "Sun, Nov 1 at 1:00 AM CST (Saturday night)"),
        ("2026-11-01T01:30", "America/Phoenix", 0, "Sun, Nov 1 at 1:30 AM (Saturday night)"),
        ("2026-11-01T01:30", "Pacific/Honolulu", 0, "Sun, Nov 1 at 1:30 AM (Saturday night)"),
        ("2027-03-14T01:59", NEW_YORK, 0, "Sun, Mar 14 at 1:59 AM (Saturday night)"),
        ("2027-03-14T03:00", NEW_YORK, 0, "Sun, Mar 14 at 3:00 AM (Saturday night)"),
        (
            "2026-11-01T00:00",
            "America/Havana",
            1,
            "12:00 AM CST, the night from Sat, Oct 31 to Sun, Nov 1",
        ),
    ],
)
def test_a_clock_time_that_comes_twice_names_its_zone(
    moment: str, zone: str, fold: int, words: str
) -> None:
    assert moment_words(local(moment, zone, fold=fold), ZoneInfo(zone), "en") == words


def test_spanish_names_the_zone_of_a_repeated_hour_too() -> None:
    words = moment_words(local("2026-11-01T01:30", fold=1), ZoneInfo(NEW_YORK), "es")
    assert words == "dom 1 de nov a la 1:30 a. m. EST (la noche del sábado al domingo)"


def test_the_same_moment_is_said_on_each_clinics_own_clock() -> None:
    moment = dt.datetime(2026, 11, 24, 6, 0, tzinfo=dt.UTC)
    said = {zone: moment_words(moment, ZoneInfo(zone), "en") for zone in ZONES[:4]}
    assert said == {
        NEW_YORK: "Tue, Nov 24 at 1:00 AM (Monday night)",
        "America/Chicago": "12:00 AM, the night from Mon, Nov 23 to Tue, Nov 24",
        "America/Phoenix": "Mon, Nov 23 at 11:00 PM",
        "Pacific/Honolulu": "Mon, Nov 23 at 8:00 PM",
    }


def test_a_language_that_is_not_served_is_answered_in_english() -> None:
    assert day_words(dt.date(2026, 11, 24), "fr") == "Tue, Nov 24"
    assert moment_words(local("2026-11-24T09:00"), ZoneInfo(NEW_YORK), "fr").endswith("9:00 AM")


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        moment_words(dt.datetime(2026, 11, 24, 1, 0), ZoneInfo(NEW_YORK), "en")  # noqa: DTZ001 - the point


@settings(max_examples=300, deadline=None)
@given(moment=MOMENTS, zone=st.sampled_from(ZONES), language=st.sampled_from(["en", "es"]))
def test_the_small_hours_always_say_which_night(
    moment: dt.datetime, zone: str, language: str
) -> None:
    words = moment_words(moment, ZoneInfo(zone), language)
    wall = moment.astimezone(ZoneInfo(zone))
    assert ("night" in words or "noche" in words) == (wall.hour < 6)
    assert not re.search("midnight|medianoche|tomorrow", words)
    assert f"{wall.hour % 12 or 12}:{wall.minute:02} " in words
    assert day_words(wall.date(), language) in words


@settings(max_examples=200, deadline=None)
@given(first=MOMENTS, minutes=st.integers(1, 60 * 24 * 200), zone=st.sampled_from(ZONES[:4]))
def test_two_different_minutes_are_never_said_alike(
    first: dt.datetime, minutes: int, zone: str
) -> None:
    second = first + dt.timedelta(minutes=minutes)
    for language in ("en", "es"):
        assert moment_words(first, ZoneInfo(zone), language) != moment_words(
            second, ZoneInfo(zone), language
        )


@pytest.mark.parametrize("zone", [NEW_YORK, "America/Chicago"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_no_two_minutes_of_the_autumn_night_are_said_alike(zone: str, language: str) -> None:
    night = local("2026-11-01T00:00", zone)
    minutes = [night + dt.timedelta(minutes=n) for n in range(240)]
    assert len({moment_words(at, ZoneInfo(zone), language) for at in minutes}) == 240


@pytest.mark.parametrize(
    ("at", "english", "spanish"),
    [
        (
            "2026-11-24T09:00",
            "Tuesday, November 24th at 9 AM",
            "el martes 24 de noviembre a las 9 de la mañana",
        ),
        (
            "2026-11-24T01:00",
            "Tuesday, November 24th at 1 AM, which is Monday night",
            f"el martes 24 de noviembre a la 1 de la madrugada, es decir, {MONDAY_NIGHT}",
        ),
        (
            "2026-11-24T00:00",
            "12 midnight, the night from Monday, November 23rd to Tuesday, November 24th",
            "a las 12 de la noche, la noche del lunes 23 de noviembre al martes 24 de noviembre",
        ),
    ],
)
def test_moments_said_aloud(at: str, english: str, spanish: str) -> None:
    moment, zone = local(at), ZoneInfo(NEW_YORK)
    assert spoken_moment(moment, zone, "en") == english
    assert spoken_moment(moment, zone, "es") == spanish
