"""A clinic's own words: its hours in words, whether it is open now, and filled-in texts."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.clinic_words import CLINIC_PLACEHOLDERS, filled, hours_words, open_at
from flows.model import Channel
from flows.nodes import Wording
from profiles import WEEKDAYS, Profile
from tests.support.csv_files import sample_profiles
from tests.support.visits import NEW_YORK, local, make_procedure, make_profile

BUSY = settings(deadline=None)  # a busy machine is not a fault

DAY = ["08:00-17:00"]
ARA = sample_profiles()["ara-health"]


def with_hours(hours: dict[str, list[str]], zone: str = NEW_YORK) -> Profile:
    return msgspec.structs.replace(make_profile(zone), hours=hours)


@pytest.mark.parametrize(
    ("hours", "english", "spanish"),
    [
        (dict.fromkeys(WEEKDAYS[:5], DAY), "Mon-Fri 8:00 AM-5:00 PM", "lun-vie 8:00 AM-5:00 PM"),
        ({"wed": DAY}, "Wed 8:00 AM-5:00 PM", "mié 8:00 AM-5:00 PM"),
        (
            {"mon": DAY, "tue": DAY, "thu": DAY},
            "Mon-Tue 8:00 AM-5:00 PM, Thu 8:00 AM-5:00 PM",
            "lun-mar 8:00 AM-5:00 PM, jue 8:00 AM-5:00 PM",
        ),
        (
            {"fri": ["08:00-12:00", "13:00-16:30"], "sat": ["00:00-12:30"]},
            "Fri 8:00 AM-12:00 PM / 1:00 PM-4:30 PM, Sat 12:00 AM-12:30 PM",
            "vie 8:00 AM-12:00 PM / 1:00 PM-4:30 PM, sáb 12:00 AM-12:30 PM",
        ),
        (
            {"sun": DAY, "mon": DAY},
            "Mon 8:00 AM-5:00 PM, Sun 8:00 AM-5:00 PM",
            "lun 8:00 AM-5:00 PM, dom 8:00 AM-5:00 PM",
        ),
        ({"mon": DAY, "tue": []}, "Mon 8:00 AM-5:00 PM", "lun 8:00 AM-5:00 PM"),
        ({}, "", ""),
    ],
)
def test_hours_in_words(hours: dict[str, list[str]], english: str, spanish: str) -> None:
    profile = with_hours(hours)
    assert hours_words(profile, "en") == english
    assert hours_words(profile, "es") == spanish


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-20T07:59", False),
        ("2026-11-20T08:00", True),
        ("2026-11-20T11:59", True),
        ("2026-11-20T12:00", False),  # the desk has closed for lunch by then
        ("2026-11-20T13:00", True),
        ("2026-11-20T16:59", True),
        ("2026-11-20T17:00", False),
        ("2026-11-21T10:00", False),  # a Saturday
    ],
)
def test_open_by_the_minute(moment: str, is_open: bool) -> None:
    profile = with_hours({"fri": ["08:00-12:00", "13:00-17:00"]})
    assert open_at(profile, local(moment)) is is_open


def test_open_by_the_clinics_own_clock() -> None:
    moment = dt.datetime(2026, 11, 20, 13, 30, tzinfo=dt.UTC)  # 8:30 in New York, 7:30 in Chicago
    assert open_at(with_hours({"fri": DAY}, "America/New_York"), moment)
    assert not open_at(with_hours({"fri": DAY}, "America/Chicago"), moment)
    assert open_at(with_hours({"fri": DAY}, "America/Chicago"), moment + dt.timedelta(minutes=30))


def test_the_day_is_the_clinics_own() -> None:
    """On Saturday 1:00 UTC it is Friday evening in Honolulu."""
    moment = dt.datetime(2026, 11, 21, 1, 0, tzinfo=dt.UTC)
    assert open_at(with_hours({"fri": ["08:00-20:00"]}, "Pacific/Honolulu"), moment)
    assert not open_at(with_hours({"sat": ["08:00-20:00"]}, "Pacific/Honolulu"), moment)


@pytest.mark.parametrize(
    ("utc", "is_open"),
    [
        ("2026-03-06T13:00", True),  # the Friday before clocks go forward: 8:00
        ("2026-03-06T12:30", False),
        ("2026-03-09T12:00", True),  # the Monday after: 8:00 is an hour earlier
        ("2026-03-09T11:30", False),
        ("2026-10-30T12:00", True),  # the Friday before they go back
        ("2026-11-02T12:00", False),  # the Monday after
        ("2026-11-02T13:00", True),
    ],
)
def test_opening_follows_the_wall_clock_when_clocks_change(
    utc: str,
    is_open: bool,
) -> None:
    profile = with_hours({"mon": DAY, "fri": DAY})
    assert open_at(profile, dt.datetime.fromisoformat(f"{utc}+00:00")) is is_open


def test_the_hour_that_comes_twice_is_open_twice() -> None:
    profile = with_hours({"sun": ["01:00-02:00"]})
    first, second = local("2026-11-01T01:30"), local("2026-11-01T01:30", fold=1)
    assert second - first == dt.timedelta(hours=1)
    assert open_at(profile, first)
    assert open_at(profile, second)
    assert not open_at(profile, second + dt.timedelta(minutes=30))


@BUSY
@given(st.datetimes(timezones=st.just(dt.UTC)))
def test_a_moment_is_open_however_it_is_written(moment: dt.datetime) -> None:
    profile = with_hours({"mon": DAY, "thu": ["00:00-23:59"]})
    if dt.datetime(2, 1, 1, tzinfo=dt.UTC) < moment < dt.datetime(9998, 1, 1, tzinfo=dt.UTC):
        here = moment.astimezone(profile.zone)
        assert open_at(profile, moment) == open_at(profile, here)


def texts(english: str, spanish: str) -> dict[str, Wording]:
    return {"en": Wording(english, f"Aloud: {english}"), "es": Wording(spanish, f"Oral: {spanish}")}


def test_text_is_that_of_language_and_channel() -> None:
    both = texts("Call {phone}.", "Llame al {phone}.")
    assert filled(both, Channel.SMS, "en", ARA) == "Call (828) 436-5500."
    assert filled(both, Channel.SMS, "es", ARA) == "Llame al (828) 436-5500."
    assert filled(both, Channel.VOICE, "es", ARA) == "Oral: Llame al (828) 436-5500."
    assert filled(both, Channel.SMS, "fr", ARA) == "Call (828) 436-5500."


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("name", sorted(CLINIC_PLACEHOLDERS))
def test_every_placeholder_has_words(name: str, language: str) -> None:
    for profile in sample_profiles().values():
        said = filled(texts(f"<{{{name}}}>", f"<{{{name}}}>"), Channel.SMS, language, profile)
        assert said not in ("<>", f"<{{{name}}}>")


def test_a_texts_own_words_come_before_the_clinics() -> None:
    both = texts("{first_name} {phone}", "{first_name} {phone}")
    extra = {"first_name": "Mary", "phone": "none"}
    assert filled(both, Channel.SMS, "en", ARA, extra) == "Mary none"


def test_a_brace_in_a_value_is_not_a_placeholder() -> None:
    both = texts("{first_name}", "{first_name}")
    assert filled(both, Channel.SMS, "en", ARA, {"first_name": "{phone}"}) == "{phone}"


def test_unknown_placeholder_is_an_error() -> None:
    with pytest.raises(KeyError):
        filled(texts("{surgeon}", "{surgeon}"), Channel.SMS, "en", ARA)


@pytest.mark.parametrize(("hours", "said"), [(6.0, "6"), (7.5, "7.5"), (0.0, "0"), (12.0, "12")])
def test_fasting_hours_without_needless_digits(hours: float, said: str) -> None:
    procedures = {"a": make_procedure(hours), "b": make_procedure(0)}
    profile = msgspec.structs.replace(make_profile(), procedures=procedures)
    assert filled(texts("{fasting_hours}", ""), Channel.SMS, "en", profile) == said


def test_doctors_are_those_of_the_practice() -> None:
    both = texts("{doctors}", "{doctors}")
    said = [filled(both, Channel.SMS, "en", profile) for profile in sample_profiles().values()]
    assert said == ["neurointerventionalists", "interventional radiologists"]
