"""One statement for many rows does on both databases what a statement for each would do."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select, update

from db.bulk import Bulk, Values, types_of
from db.models import Base, Reminder
from db.session import Database
from tests.support.csv_files import NOW
from tests.support.reminder_rows import appointment_in, reminder, store

TABLE = Base.metadata.tables["reminder"]
CHANGE = Bulk(
    lambda given: (
        update(TABLE)
        .where(TABLE.c.id == given.c.row)
        .values(body=given.c.body, next_at=given.c.next_at, error_code=given.c.error_code)
    ),
    types_of((TABLE.c.body, TABLE.c.next_at, TABLE.c.error_code), row=TABLE.c.id.type),
)
FIND = Bulk(
    lambda given: select(TABLE.c.id).where(given.has(TABLE.c.id, "id")),
    {"id": TABLE.c.id.type},
)


def test_every_kind_of_value_arrives_as_it_is(database: Database) -> None:
    appointment = appointment_in(database)
    ids = store(database, *(reminder(appointment) for _ in range(2)))
    east = dt.timezone(dt.timedelta(hours=5))
    moment = dt.datetime(2026, 3, 8, 6, 59, 59, 123456, tzinfo=dt.UTC)
    words = 'Año "nuevo"\n\\ ¿qué? \U0001f600 {x} %s :name'
    rows: list[Values] = [
        {"row": ids[0], "body": words, "next_at": moment.astimezone(east), "error_code": 30003},
        {"row": ids[1], "body": None, "next_at": None, "error_code": None},
    ]
    with database.connection() as connection:
        assert CHANGE.run(connection, rows) == ()
    with database.reading() as session:
        first, second = (session.get_one(Reminder, each) for each in ids)
        found = session.scalars(select(Reminder.id).where(Reminder.next_at == moment)).all()
    assert (first.body, first.next_at, first.error_code) == (words, moment, 30003)
    assert (second.body, second.next_at, second.error_code) == (None, None, None)
    assert found == ids[:1]  # it compares equal in the database too


def test_only_the_rows_that_are_given_are_touched(database: Database) -> None:
    appointment = appointment_in(database)
    ids = store(database, *(reminder(appointment, body="before") for _ in range(3)))
    with database.connection() as connection:
        change = {"row": ids[1], "body": "after", "next_at": NOW, "error_code": None}
        CHANGE.run(connection, [change])
        found = FIND.run(connection, [{"id": ids[2]}, {"id": ids[0]}])
    with database.reading() as session:
        bodies = [session.get_one(Reminder, each).body for each in ids]
    assert bodies == ["before", "after", "before"]
    assert {row.id for row in found} == {ids[0], ids[2]}


def test_no_rows_are_no_statement(database: Database) -> None:
    with database.connection() as connection:
        assert CHANGE.run(connection, []) == ()


def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    naive = dt.datetime(2026, 1, 1)  # noqa: DTZ001 - that is the mistake
    row = {"row": 1, "body": None, "next_at": naive, "error_code": None}
    with database.connection() as connection, pytest.raises(ValueError, match="time zone"):
        CHANGE.run(connection, [row])
