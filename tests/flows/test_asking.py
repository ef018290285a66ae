"""What a message that we start does to a conversation."""

from __future__ import annotations

import datetime as dt

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.asking import with_question, without_question
from flows.library import REMINDER_REPLY, START
from flows.model import Session, Subject

BUSY = settings(deadline=None)  # a busy machine is not a fault

NOW = dt.datetime(2026, 11, 20, 15, 0, tzinfo=dt.UTC)


def subject(appointment: int, version: int = 1, days: float = 5, name: str = "Mary") -> Subject:
    return Subject(appointment, version, name, "Wed, Nov 25", NOW + dt.timedelta(days=days))


def test_its_keys_are_live_and_the_menu_before_is_one_step_back() -> None:
    before = Session(
        "en",
        waiting="prep.menu",
        said="prep.fasting",
        history=(START,),
        offers=("prep.fasting", "prep.drinks"),
        misses=2,
        turn=7,
    )
    after = with_question(before, subject(41), NOW)
    assert (after.waiting, after.said) == (REMINDER_REPLY, REMINDER_REPLY)
    assert after.history == (START, "prep.menu")
    assert (after.offers, after.misses, after.spoke_at) == ((), 0, NOW)
    assert (after.language, after.turn) == ("en", 7)


def test_a_second_message_about_a_visit_replaces_the_first() -> None:
    asked = with_question(Session("en"), subject(41), NOW)
    again = with_question(asked, subject(41, version=2), NOW)
    assert [(s.appointment, s.version) for s in again.about] == [(41, 2)]
    assert again.history == ()


def test_several_visits_are_asked_about_side_by_side() -> None:
    asked = with_question(Session("en"), subject(41), NOW)
    both = with_question(asked, subject(42, name="Joe"), NOW)
    assert [s.appointment for s in both.about] == [41, 42]


def test_visits_that_have_begun_are_forgotten() -> None:
    asked = with_question(Session("en"), subject(41, days=1), NOW)
    later = NOW + dt.timedelta(days=2)
    assert [s.appointment for s in with_question(asked, subject(42), later).about] == [42]


def test_calling_the_only_visit_off_leaves_the_main_menu() -> None:
    asked = with_question(Session("en"), subject(41), NOW)
    after = without_question(asked, 41, NOW)
    assert (after.about, after.waiting, after.said) == ((), START, START)


def test_calling_one_of_two_visits_off_leaves_the_other_question() -> None:
    asked = with_question(with_question(Session("en"), subject(41), NOW), subject(42), NOW)
    after = without_question(msgspec.structs.replace(asked, offers=("41", "42")), 41, NOW)
    assert [s.appointment for s in after.about] == [42]
    assert after.waiting == REMINDER_REPLY
    assert after.offers == ()


def test_calling_off_a_visit_that_was_not_asked_about_changes_nothing() -> None:
    asked = with_question(Session("en"), subject(41), NOW)
    assert without_question(asked, 99, NOW) == asked


def test_someone_in_another_menu_stays_there_when_a_visit_is_called_off() -> None:
    elsewhere = Session("en", waiting="prep.menu", said="prep.menu", about=(subject(41),))
    assert without_question(elsewhere, 41, NOW).waiting == "prep.menu"


@BUSY
@given(st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=20))
def test_history_and_subjects_stay_small(steps: list[tuple[int, bool]]) -> None:
    session = Session("en", waiting="prep.menu")
    for appointment, is_asked in steps:
        if is_asked:
            session = with_question(session, subject(appointment), NOW)
        else:
            session = without_question(session, appointment, NOW)
        assert len(session.history) <= 5
        assert len({s.appointment for s in session.about}) == len(session.about) <= 4
