"""What staff edit of a profile, and what becomes of it when the file is loaded again."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from profile_parts import RULE_PARTS, TEXTS, Part, changed_parts, merged, parts_of, with_parts
from profiles import ApprovedText, CalendarRule, FastingRule, Profile, SendWindow, Wording
from tests.support.csv_files import sample_profiles

ARA = sample_profiles()["ara-health"]
DAY = dt.date(2026, 11, 20)
WORDS = st.sampled_from(["Drink water.", "Ask us.", "Call the desk."])
TEXT = st.builds(ApprovedText, st.builds(Wording, WORDS, WORDS), st.just("Dr. Ames"), st.just(DAY))
CALENDAR = st.none() | st.builds(CalendarRule, days_before=st.integers(1, 9))
PARTS = st.fixed_dictionaries(
    {},
    optional={
        f"{TEXTS}prep.drinks": st.none() | TEXT,
        f"{TEXTS}prep.bring": st.none() | TEXT,
        "reminders.week_before": CALENDAR,
        "reminders.day_before": CALENDAR,
        "reminders.fasting_start": st.none() | st.builds(FastingRule, st.integers(0, 90)),
        "send_window": st.builds(SendWindow, opens=st.sampled_from([dt.time(8), dt.time(9)])),
        "messages_per_day": st.integers(1, 10),
    },
)


def value(profile: Profile, name: str) -> Part:
    return parts_of(profile).get(name)


@given(PARTS)
def test_parts_that_are_put_in_are_there_and_nothing_else_changes(parts: dict[str, Part]) -> None:
    edited = with_parts(ARA, parts)
    for name, part in parts.items():
        assert value(edited, name) == part
    assert set(changed_parts(ARA, edited)) <= parts.keys()
    assert edited.procedures == ARA.procedures
    assert with_parts(edited, {name: value(ARA, name) for name in parts}) == ARA


@given(PARTS, PARTS, st.booleans())
def test_an_edit_outlives_the_file_and_the_rest_is_the_file_s(
    edits: dict[str, Part], news: dict[str, Part], is_renamed: bool
) -> None:
    stored = with_parts(ARA, edits)
    file = with_parts(ARA, news)
    if is_renamed:
        file = msgspec.structs.replace(file, name="ARA West")
    result, kept = merged(ARA, stored, file)
    edited = changed_parts(ARA, stored)
    assert result.name == file.name
    for name in parts_of(result).keys() | parts_of(stored).keys() | parts_of(file).keys():
        assert value(result, name) == value(stored if name in edited else file, name)
    assert kept == [name for name in edited if value(file, name) != value(stored, name)]


def test_without_edits_the_file_is_taken_whole() -> None:
    file = with_parts(ARA, {"messages_per_day": 2, f"{TEXTS}prep.bring": None})
    assert merged(ARA, ARA, file) == (file, [])


def test_a_part_that_is_none_is_refused() -> None:
    with pytest.raises(KeyError):
        with_parts(ARA, {"coordinator": None})
    assert set(RULE_PARTS) <= parts_of(ARA).keys()
