"""Who may be told: withheld numbers, calls, and what a session keeps of a date of birth."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from flows.engine import take_turn
from flows.known import IdentityLocked, IdentityMiss, KnownPatient, KnownVisit, Standing
from flows.library import default_library
from flows.model import Channel, Event, Facts, OpenTask, Session, TaskKind, Turn
from tests.support.csv_files import sample_profiles

NOW = dt.datetime(2026, 11, 20, 15, 0, tzinfo=dt.UTC)
PROFILE = sample_profiles()["ara-health"]
BORN = dt.date(1948, 5, 17)
VISIT = KnownVisit(
    41,
    1,
    NOW + dt.timedelta(days=5),
    None,
    lambda _language, _channel: {"day": "D-day", "time": "T", "arrive_time": "A"},
)
MARY = KnownPatient(7, "Mary", BORN, is_verified=False, visits=(VISIT,))
DETAILS = Session("en", waiting="appointment.details", said="appointment.details", turn=3)


def say(
    text: str,
    session: Session = DETAILS,
    standing: Standing | None = None,
    channel: Channel = Channel.SMS,
) -> Turn:
    facts = Facts(PROFILE, NOW, standing=standing or Standing(), visits=lambda: (MARY,))
    return take_turn(default_library(), session, Event(text, channel), facts)


@pytest.mark.parametrize("channel", Channel)
def test_a_withheld_number_is_handed_to_a_person(channel: Channel) -> None:
    withheld = Standing(is_withheld=True)
    turn = say("when is my appointment", Session("en", turn=1), withheld, channel)
    assert turn.understood.labels == ("coordinator",)
    assert turn.effects
    assert "D-day" not in str(turn.says)


@pytest.mark.parametrize(
    "text", ["05171948", "0 5 1 7 1 9 4 8", "May 17th 1948", "may seventeenth nineteen forty eight"]
)
def test_a_caller_presses_or_says_the_date(text: str) -> None:
    turn = say(text, channel=Channel.VOICE)
    assert "Mary, your visit is on D-day" in turn.says[0].text
    assert turn.session.waiting == "appointment.visit"


def test_the_third_miss_locks_and_opens_a_task() -> None:
    assert say("05181948", standing=Standing(1)).effects == (IdentityMiss(),)
    lock, task = say("05181948", standing=Standing(2)).effects
    assert lock == IdentityLocked(NOW + dt.timedelta(days=1))
    assert isinstance(task, OpenTask)
    assert task.kind is TaskKind.IDENTITY_LOCKED


def test_a_lock_keeps_the_right_date_from_being_taken() -> None:
    turn = say("05171948", standing=Standing(0, NOW + dt.timedelta(seconds=1)))
    assert turn.effects == ()
    assert "D-day" not in str(turn.says)
    assert say("05171948", standing=Standing(0, NOW)).effects


@pytest.mark.parametrize("text", ["05171948", "5/18/48", "May 17 1948", "it is 0517194"])
def test_neither_the_session_nor_what_was_heard_keeps_the_date(text: str) -> None:
    turn = say(text)
    kept = msgspec.json.encode(turn.session).decode().removeprefix("{") + turn.heard
    for part in ("1948", "0517", "5/18", "May", "/48"):
        assert part not in kept


def test_known_patients_do_not_show_themselves() -> None:
    assert "Mary" not in repr(MARY)
    assert "1948" not in repr(MARY)
