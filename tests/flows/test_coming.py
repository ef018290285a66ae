"""Saying that one can't come: why is asked of the right visit, for as long as it counts."""

from __future__ import annotations

import datetime as dt

import msgspec

from flows.asking import with_question, without_question
from flows.engine import take_turn
from flows.library import CANNOT_COME, REMINDER_REPLY, START, default_library
from flows.model import CannotCome, Confirm, Event, Facts, OpenTask, Session, Subject, Turn
from tests.support.visits import make_profile

LIBRARY = default_library()
NOW = dt.datetime(2026, 11, 20, 18, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def subject(appointment: int, name: str = "Mary") -> Subject:
    return Subject(appointment, 1, name, "Wed, Nov 25", NOW + 5 * DAY)


def say(session: Session, text: str, now: dt.datetime = NOW) -> Turn:
    return take_turn(LIBRARY, session, Event(text), Facts(make_profile(), now))


def refused(*subjects: Subject) -> Session:
    session = Session("en")
    for each in subjects:
        session = with_question(session, each, NOW)
    turn = say(session, "2")
    return say(turn.session, "2").session if len(subjects) > 1 else turn.session


def test_why_is_asked_and_the_words_go_to_the_open_task() -> None:
    session = refused(subject(41))
    assert session.waiting == CANNOT_COME
    turn = say(session, "my sister visits that day")
    assert [each.appointment for each in turn.effects if isinstance(each, OpenTask)] == [41]
    assert turn.session.waiting == REMINDER_REPLY


def test_on_a_shared_phone_the_reason_is_that_of_the_patient_who_was_named() -> None:
    session = refused(subject(41), subject(42, "Joe"))
    turn = say(session, "he is away that week")
    assert [each.appointment for each in turn.effects if isinstance(each, OpenTask)] == [42]


def test_a_mistake_is_mended_for_that_patient_and_nobody_is_asked_why_any_more() -> None:
    turn = say(refused(subject(41), subject(42, "Joe")), "1")
    assert turn.effects == (Confirm(42),)
    assert turn.session.waiting == REMINDER_REPLY


def test_a_day_later_words_are_no_reason_any_more_but_the_keys_still_answer() -> None:
    session = refused(subject(41))
    later = NOW + DAY + dt.timedelta(minutes=1)
    assert say(session, "1", later).effects == (Confirm(41),)
    assert say(session, "2", later).effects[0] == CannotCome(41)
    assert not say(session, "what should i bring", later).effects


def test_once_the_visit_is_called_off_there_is_nothing_to_give_a_reason_for() -> None:
    session = without_question(refused(subject(41)), 41, NOW)
    assert session.waiting == START
    assert not say(session, "what should i bring").effects


def test_a_new_reminder_takes_the_place_of_the_question() -> None:
    session = with_question(refused(subject(41)), subject(42, "Joe"), NOW)
    assert (session.waiting, CANNOT_COME in session.history) == (REMINDER_REPLY, False)


def test_a_visit_that_has_begun_asks_for_no_reason() -> None:
    session = refused(subject(41))
    over = NOW + 6 * DAY
    turn = say(msgspec.structs.replace(session, spoke_at=over), "my sister visits", over)
    assert not [each for each in turn.effects if isinstance(each, CannotCome)]
    assert turn.session.waiting != CANNOT_COME
