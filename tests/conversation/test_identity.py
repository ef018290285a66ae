"""Dates of birth on both databases: counted, locked, kept out of what is stored, looked up late."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event

from db.contacts import ContactState
from db.identities import patients_behind
from db.models import Base, Contact, Conversation, Identity, InboundText, Task
from tests.support.csv_files import NOW, sample_profiles
from tests.support.data import STARTS_AT, booked
from tests.support.web import PATIENT, Bot

PROFILE = sample_profiles()["ara-health"]
BORN = "05171944"  # of the usual appointment's patient


@pytest.fixture
def known(bot: Bot) -> Bot:
    """The bot, with a visit of the patient who texts."""
    booked(bot.database, PROFILE, NOW)
    return bot


def contact(bot: Bot) -> Contact:
    return bot.row(Contact)


def everything_stored(bot: Bot) -> str:
    """Every value of what a conversation stores, in one text."""
    tables: list[type[Base]] = [Conversation, InboundText, Task, Contact]
    found = []
    for table in tables:
        for row in bot.rows(table):
            found += [str(getattr(row, column.key)) for column in table.__mapper__.columns]
    return "\n".join(found)


def test_a_matching_date_is_good_for_thirty_days(known: Bot) -> None:
    known.says("when is my appointment?")
    assert "Rosalind, your visit is on Tue, Dec 1" in known.says(BORN)
    assert known.row(Identity).verified_until == NOW + dt.timedelta(days=30)
    known.clock.advance(days=10)
    assert "Rosalind, your visit is on Tue, Dec 1" in known.says("when is my appointment?")


def test_the_same_number_at_another_clinic_stays_unknown(known: Bot) -> None:
    known.says("when is my appointment?")
    known.says(BORN)
    with known.database.connection() as connection:
        (mine,) = patients_behind(connection, _state(known), NOW)
        assert mine.is_verified
        other = _state(known, clinic_id="iowa-radiology")
        assert patients_behind(connection, other, NOW) == []


def _state(bot: Bot, clinic_id: str | None = None) -> ContactState:
    row = contact(bot)
    clinic = clinic_id or row.clinic_id
    return ContactState(row.id, clinic, row.phone, None, None, None, textable=True, reachable=True)


@pytest.mark.parametrize("is_on_file", [True, False])
def test_guesses_at_the_same_time_are_all_counted(bot: Bot, *, is_on_file: bool) -> None:
    """Eight guesses come in at once: two are told that they miss, then the number is locked."""
    if is_on_file:
        booked(bot.database, PROFILE, NOW)
    bot.says("when is my appointment?")
    dates = [f"0518{year}" for year in range(1940, 1948)]
    with ThreadPoolExecutor(len(dates)) as pool:
        answers = list(pool.map(bot.says, dates))
    assert sum("does not match" in answer for answer in answers) == 2
    assert sum("cannot tell more" in answer for answer in answers) == 1
    assert contact(bot).identity_locked_until == NOW + dt.timedelta(days=1)
    assert contact(bot).identity_misses == 0
    assert [task.kind for task in bot.rows(Task)].count("identity_locked") == 1
    assert "your visit" not in bot.says("when is my appointment?")


def test_a_known_and_an_unknown_number_get_the_same_bytes(bot: Bot) -> None:
    booked(bot.database, PROFILE, NOW)
    for words in ("when is my appointment?", "05181944", "5/19/44", "05201944", BORN, "menu"):
        replies = [bot.send(words, From=number).body for number in (PATIENT, "+18285550199")]
        assert replies[0] == replies[1], words


def test_no_date_of_birth_is_stored(known: Bot, caplog: pytest.LogCaptureFixture) -> None:
    known.says("when is my appointment?")
    for words in ("my 0618194 sorry", "05171945", "May 17 1945", "born 5/17/1944"):
        known.says(words)
    known.says("menu")
    known.says("I was born on 05/17/1944 and I want to ask about a zebra")
    stored = everything_stored(known)
    for part in ("1944", "1945", "0618", "5/17", "May 17 1945"):
        assert part not in stored
        assert part not in caplog.text
    assert "and I want to ask about a zebra" in stored


@pytest.fixture
def statements(known: Bot) -> Iterator[list[str]]:
    """The statements that the database is asked from here on."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(known.database.engine, "before_cursor_execute", note)
    yield asked
    event.remove(known.database.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("words", ["menu", "1", "can I drink water?", "9", "xyzzy", BORN])
def test_ordinary_turns_look_nobody_up(known: Bot, statements: list[str], words: str) -> None:
    known.says(words)
    assert not any("date_of_birth" in statement for statement in statements)


def test_a_turn_that_tells_looks_up_once(known: Bot, statements: list[str]) -> None:
    known.says("when is my appointment?")
    known.says(BORN)
    statements.clear()
    known.says("1")
    assert sum("date_of_birth" in statement for statement in statements) == 1


def test_a_right_date_after_misses_starts_the_count_anew(known: Bot) -> None:
    known.says("when is my appointment?")
    known.says("05181944")
    known.says("05191944")
    assert contact(known).identity_misses == 2
    known.says(BORN)
    assert contact(known).identity_misses == 0


def test_a_date_that_is_known_already_does_not(known: Bot) -> None:
    """Else one patient's own date would give ever more guesses at the others on their phone."""
    known.says("when is my appointment?")
    known.says(BORN)
    known.says("4")
    known.says("05181944")
    known.says(BORN)
    assert contact(known).identity_misses == 1


def test_visits_that_are_over_or_called_off_are_not_coming(known: Bot) -> None:
    booked(known.database, PROFILE, NOW, external_id="A-2", starts_at=NOW + dt.timedelta(hours=1))
    known.says("menu")
    with known.database.connection() as connection:
        (before,) = patients_behind(connection, _state(known), NOW)
        (after,) = patients_behind(connection, _state(known), NOW + dt.timedelta(hours=1))
        (last,) = patients_behind(connection, _state(known), STARTS_AT)
    assert [len(each.coming) for each in (before, after, last)] == [2, 1, 0]
