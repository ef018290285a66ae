"""The audit can only grow, on both databases."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from db.audit import SERVER, Action, Actor, Entity, Search, entries, record
from db.session import Database
from db.staff_models import Audit
from tests.support.csv_files import NOW
from tests.support.data import stored_clinic


@pytest.fixture
def filled(database: Database) -> Database:
    stored_clinic(database)
    with database.transaction() as session:
        record(session, SERVER, Action.STAFF_ADDED, Entity("staff", "1"), at=NOW)
        record(
            session,
            Actor(None, "pat@example.org"),
            Action.SIGNED_IN,
            at=NOW + dt.timedelta(hours=1),
            clinic_id="ara-health",
            detail={"b": True, "a": 1},
        )
    return database


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET action = 'x'",
        "UPDATE audit SET detail = detail WHERE id = 1",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE id = 1",
    ],
)
def test_an_entry_is_never_changed_or_deleted(filled: Database, statement: str) -> None:
    with (
        pytest.raises(DBAPIError, match="never changed or deleted"),
        filled.transaction() as session,
    ):
        session.execute(text(statement))
    with filled.reading() as session:
        assert len(session.scalars(select(Audit)).all()) == 2


def test_nor_are_all_at_once(postgres_url: str) -> None:
    database = Database(postgres_url)
    with (
        pytest.raises(DBAPIError, match="never changed or deleted"),
        database.transaction() as session,
    ):
        session.execute(text("TRUNCATE audit"))
    database.close()


def test_an_entry_is_in_the_transaction_of_what_it_tells_of(filled: Database) -> None:
    with filled.transaction() as session:
        record(session, SERVER, Action.SIGNED_OUT, at=NOW)
        session.rollback()
    with filled.reading() as session:
        assert len(session.scalars(select(Audit)).all()) == 2


def test_details_are_plain_json(filled: Database) -> None:
    with filled.reading() as session:
        newest = entries(session, Search(), 1)[0]
    assert newest.detail == '{"a": 1, "b": true}'


@pytest.mark.parametrize(
    ("search", "found"),
    [
        (Search(), ["signed_in", "staff_added"]),
        (Search(action="signed_in"), ["signed_in"]),
        (Search(entity_kind="staff", entity_id="1"), ["staff_added"]),
        (Search(entity_kind="staff", entity_id="2"), []),
        (Search(clinic_id="ara-health"), ["signed_in"]),
        (Search(staff_id=1), []),
        (Search(since=NOW + dt.timedelta(seconds=1)), ["signed_in"]),
        (Search(until=NOW), []),
        (Search(since=NOW, until=NOW + dt.timedelta(hours=1)), ["staff_added"]),
    ],
)
def test_a_search_narrows_down(filled: Database, search: Search, found: list[str]) -> None:
    with filled.reading() as session:
        assert [entry.action for entry in entries(session, search, 10)] == found


def test_pages_go_back_in_time(filled: Database) -> None:
    with filled.reading() as session:
        (newest,) = entries(session, Search(), 1)
        (older,) = entries(session, Search(), 1, before=newest.id)
        assert entries(session, Search(), 1, before=older.id) == []
