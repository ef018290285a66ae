"""A turn finds and locks all that it needs, and what it stores is what the next one finds."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from db.contacts import contact_of, lock_contact
from db.models import Contact, InboundText
from db.session import Database
from db.turns import OpenTurn, TakenTurn, open_turn, store_turn
from tests.support.csv_files import NOW
from tests.support.data import CLINIC, stored_clinic
from tests.support.waiting import wait_until

NUMBER = "+18285550110"
PHONE = "+18285550173"
LATER = NOW + dt.timedelta(minutes=1)


def open_one(database: Database, sid: str = "SM1", channel: str = "sms") -> OpenTurn:
    with database.connection() as connection:
        opened = open_turn(connection, NUMBER, PHONE, sid, channel, NOW)
    assert opened is not None
    return opened


def taken(sid: str, state: str) -> TakenTurn:
    return TakenTurn(
        state=state,
        sid=sid,
        body="¿Puedo comer? 🙂",
        media=1,
        kind="answer",
        labels="prep.food",
        rule="words",
        reply="No",
        response=f"<Response>{sid}</Response>",
        segments=1,
    )


def take(database: Database, sid: str, state: str) -> None:
    with database.connection() as connection:
        opened = open_turn(connection, NUMBER, PHONE, sid, "sms", NOW)
        assert opened is not None
        store_turn(connection, opened, taken(sid, state), "sms", LATER)


def test_a_number_that_is_no_clinics_own_opens_nothing(database: Database) -> None:
    stored_clinic(database)
    with database.connection() as connection:
        assert open_turn(connection, "+18285550190", PHONE, "SM1", "sms", NOW) is None
        assert open_turn(connection, "no-clinic", PHONE, "SM1", "sms", NOW, by_number=False) is None
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Contact)) == 0


def test_a_first_text_finds_its_clinic_and_a_new_contact(database: Database) -> None:
    profile = stored_clinic(database)
    opened = open_one(database)
    assert (opened.clinic_id, opened.fingerprint) == (CLINIC, profile.fingerprint())
    assert (opened.state, opened.response) == (None, None)
    assert open_one(database) == opened
    with database.connection() as connection:
        assert open_turn(connection, CLINIC, PHONE, "SM1", "sms", NOW, by_number=False) == opened
    with database.reading() as session:
        assert contact_of(session, CLINIC, PHONE) == opened.contact


def test_the_next_turn_finds_what_the_one_before_stored(database: Database) -> None:
    stored_clinic(database)
    take(database, "SM1", "one")
    assert open_one(database, "SM2").state == "one"
    take(database, "SM2", "two")
    opened = open_one(database, "SM3")
    assert (opened.state, opened.response) == ("two", None)
    assert open_one(database, "SM3", channel="voice").state is None
    with database.reading() as session:
        stored = session.get_one(InboundText, "SM2")
        assert (stored.body, stored.media, stored.at) == ("¿Puedo comer? 🙂", 1, LATER)
        assert stored.contact_id == opened.contact.id


def test_the_same_text_again_finds_its_answer_and_is_not_stored_twice(database: Database) -> None:
    stored_clinic(database)
    take(database, "SM1", "one")
    assert open_one(database, "SM1").response == "<Response>SM1</Response>"
    with pytest.raises(IntegrityError):
        take(database, "SM1", "changed")
    assert open_one(database, "SM2").state == "one"


def test_postgresql_the_next_text_of_a_phone_waits_for_the_one_before(postgres_url: str) -> None:
    waiting = text(
        "SELECT count(*) FROM pg_locks"
        " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    )
    with (
        closing(Database(postgres_url)) as one,
        closing(Database(postgres_url)) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        stored_clinic(one)
        with one.transaction() as session:
            lock_contact(session, CLINIC, PHONE, NOW)
        with one.connection() as connection:
            opened = open_turn(connection, NUMBER, PHONE, "SM1", "sms", NOW)
            assert opened is not None
            second = pool.submit(open_one, other, "SM2")
            wait_until("the second to wait", lambda: connection.scalar(waiting) == 1)
            store_turn(connection, opened, taken("SM1", "one"), "sms", NOW)
        assert second.result(10).state == "one"
