"""Reminders are claimed once, the most pressing first, and no dead worker keeps one for itself."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import Connection

from db import outbox
from db.claims import Claimed, Lease, claim_due, claim_unsettled
from db.models import Reminder
from db.session import Database
from tests.support.csv_files import NOW
from tests.support.data import CLINIC, booked, stored_clinic
from tests.support.reminder_rows import LATER, appointment_in, reminder, store

MINUTE = dt.timedelta(minutes=1)
LEASE = Lease("token", NOW + 5 * MINUTE)
STARTED = NOW + dt.timedelta(days=3)
"""The real time, which need not be what the worker's clock shows."""


@pytest.fixture
def appointment(database: Database) -> int:
    """An appointment without reminders."""
    return appointment_in(database)


def claim(
    connection: Connection, most: int = 40, now: dt.datetime = NOW, clinic: str = CLINIC
) -> Sequence[Claimed]:
    rows = claim_due(connection, clinic, now, most)
    about = {"body": "Hello", "channel": "sms", "segments": 1}
    sent = [{"row": row.id, "to": row.phone, **about} for row in rows]
    outbox.begin(connection, sent, LEASE, STARTED)
    return rows


def ids_of(rows: Sequence[Claimed]) -> list[int]:
    return [row.id for row in rows]


def stored(database: Database, number: int) -> Reminder:
    with database.reading() as session:
        return session.get_one(Reminder, number)


def test_the_one_useful_for_the_shortest_time_comes_first(
    database: Database, appointment: int
) -> None:
    waits = [30, 10, 10, 50, 20]
    ids = store(database, *(reminder(appointment, send_by=NOW + wait * MINUTE) for wait in waits))
    with database.connection() as connection:
        assert ids_of(claim(connection, 3)) == [ids[1], ids[2], ids[4]]
        assert ids_of(claim(connection, 3)) == [ids[0], ids[3]]
        assert claim(connection) == ()


def test_a_claimed_row_is_leased_and_comes_with_its_patient(
    database: Database, appointment: int
) -> None:
    [number] = store(database, reminder(appointment, attempts=1))
    with database.connection() as connection:
        [claimed] = claim(connection)
    assert (claimed.attempts, claimed.started_at) == (1, None)
    assert (claimed.first_name, claimed.phone, claimed.language) == (
        *("Rosalind", "+18285550173", "en"),
    )
    assert (claimed.appointment_id, claimed.appointment_status) == (appointment, "scheduled")
    row = stored(database, number)
    assert (row.status, row.next_at, row.token) == ("sending", LEASE.until, LEASE.token)
    assert (row.to, row.body, row.channel) == ("+18285550173", "Hello", "sms")
    assert (row.attempts, row.started_at) == (2, STARTED)


def test_nothing_personal_shows_when_a_claim_is_printed(
    database: Database, appointment: int
) -> None:
    store(database, reminder(appointment, to="+18285550173", body="Hello Rosalind"))
    with database.connection() as connection:
        [claimed] = claim(connection)
    assert "Rosalind" not in repr(claimed)
    assert "5550173" not in repr(claimed)


def test_before_the_first_message_there_is_no_contact_to_know_of(
    database: Database, appointment: int
) -> None:
    store(database, reminder(appointment))
    with database.transaction() as session:
        session.execute(text("DELETE FROM contact"))
    with database.connection() as connection:
        [claimed] = claim(connection)
    assert (claimed.contact_id, claimed.textable, claimed.opted_out_at) == (None, None, None)


def test_nothing_is_claimed_before_it_is_due_or_once_it_is_settled(
    database: Database, appointment: int
) -> None:
    ids = store(
        database,
        reminder(appointment, NOW + dt.timedelta(microseconds=1)),
        reminder(appointment, NOW),
        reminder(appointment, LEASE.until, status="sending"),
        reminder(appointment, NOW, status="in_doubt"),
        reminder(appointment, NOW, status="sent"),
        *(reminder(appointment, None, status=status) for status in ("cancelled", "missed")),
    )
    with database.connection() as connection:
        assert claim(connection, now=NOW - MINUTE) == ()
        assert ids_of(claim(connection)) == [ids[1]]
        assert ids_of(claim(connection, now=NOW + MINUTE)) == [ids[0]]


def test_a_claim_is_for_one_clinic(database: Database, appointment: int) -> None:
    other = stored_clinic(database, id="other", texting_number="+18285550111")
    theirs = booked(database, other, NOW, external_id="B")
    with database.transaction() as session:
        session.execute(text("DELETE FROM reminder"))
    mine, yours = store(
        database, reminder(appointment), reminder(theirs, clinic_id="other", send_by=NOW + MINUTE)
    )
    with database.connection() as connection:
        assert ids_of(claim(connection)) == [mine]
        assert ids_of(claim(connection, clinic="other")) == [yours]


def test_a_claim_that_is_rolled_back_never_happened(database: Database, appointment: int) -> None:
    [number] = store(database, reminder(appointment))
    with database.engine.connect() as connection:  # closed without a commit
        assert len(claim(connection)) == 1
    row = stored(database, number)
    assert (row.status, row.token, row.attempts) == ("planned", None, 0)


def test_postgresql_a_row_being_claimed_is_passed_over(postgres_url: str) -> None:
    with closing(Database(postgres_url)) as one, closing(Database(postgres_url)) as other:
        appointment = appointment_in(one)
        ids = store(one, *(reminder(appointment) for _ in range(10)))
        with one.connection() as first, other.connection() as second:
            mine = ids_of(claim(first, 4))
            yours = ids_of(claim(second, 4))
            rest = ids_of(claim(first))
            assert claim(second) == ()
        assert (mine, yours, rest) == (ids[:4], ids[4:8], ids[8:])


def test_many_workers_claim_every_row_once(database: Database, appointment: int) -> None:
    ids = store(database, *(reminder(appointment) for _ in range(120)))

    def work(own: Database) -> list[int]:
        taken: list[int] = []
        while True:
            with own.connection() as connection:
                batch = ids_of(claim(connection, 7))
            if not batch:
                return taken
            taken += batch

    with closing(Database(database.url)) as other, ThreadPoolExecutor(4) as pool:
        taken = [each for part in pool.map(work, [database, other] * 2) for each in part]
    assert Counter(taken) == Counter(ids)


def test_postgresql_finds_what_is_due_by_the_index_of_planned_rows(postgres_url: str) -> None:
    """20,000 rows, half of them due, as after a long silence: the most pressing ones are read off
    the index, and the rest is not touched."""
    fill = text(
        """
        INSERT INTO reminder (clinic_id, appointment_id, version, kind, channel, due_at, send_by,
                              status, next_at, attempts, created_at)
        SELECT :clinic, :appointment, 20000 + n, 'day_before', 'sms', due,
               due + interval '10 hours',
               CASE WHEN n % 2 = 0 THEN 'planned' ELSE 'delivered' END,
               CASE WHEN n % 2 = 0 THEN due END, 0, due
        FROM (SELECT n, CAST(:now AS timestamptz) + n * interval '1 minute' AS due
              FROM generate_series(-500, 19500) n) AS rows
        """
    )
    claims: list[tuple[str, dict[str, object]]] = []
    with closing(Database(postgres_url)) as database:
        values = {"clinic": CLINIC, "appointment": appointment_in(database), "now": NOW}
        with database.transaction() as session:
            session.execute(fill, values)
            session.execute(text("ANALYZE reminder"))

        @event.listens_for(database.engine, "before_cursor_execute")
        def listen(*args: object) -> None:
            statement, parameters = str(args[2]), args[3]
            if isinstance(parameters, dict):
                claims.append((statement, parameters))

        with database.engine.connect() as connection:
            assert len(claim(connection, now=NOW + dt.timedelta(days=30))) == 40
        plans = []
        with database.engine.connect() as plain:
            for statement, parameters in list(claims):
                lines = plain.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars()
                plans.append("\n".join(lines))
    due, whole, begin = plans
    assert "Index Scan using ix_reminder_planned" in due
    assert "Index Scan using pk_reminder" in whole
    assert "Index Scan using pk_reminder" in begin
    assert not any("Seq Scan on reminder" in plan for plan in plans)


def test_what_must_be_looked_up_is_leased_and_stays_as_it_is(
    database: Database, appointment: int
) -> None:
    states = ["sending", "in_doubt", "sent"]
    ids = store(
        database,
        *(reminder(appointment, NOW, status=status, token="lost", attempts=1) for status in states),
        reminder(appointment, NOW + MINUTE, status="sending"),
        reminder(appointment, NOW),
        reminder(appointment, None, status="sent"),
    )
    with database.connection() as connection:
        assert claim_unsettled(connection, NOW - MINUTE, LEASE, 40) == ()
        assert sorted(ids_of(claim_unsettled(connection, NOW, LEASE, 40))) == ids[:3]
        assert claim_unsettled(connection, NOW, LEASE, 40) == ()
    for number, status in zip(ids, states, strict=False):
        row = stored(database, number)
        assert (row.status, row.token, row.next_at) == (status, LEASE.token, LEASE.until)
        assert (row.attempts, row.started_at) == (1, None)


def test_the_longest_waiting_is_looked_up_first(database: Database, appointment: int) -> None:
    waits = [30, 10, 50]
    moments = [NOW + wait * MINUTE for wait in waits]
    ids = store(database, *(reminder(appointment, each, status="sending") for each in moments))
    with database.connection() as connection:
        assert ids_of(claim_unsettled(connection, LATER, LEASE, 1)) == [ids[1]]


def test_postgresql_two_workers_find_no_dead_workers_row_twice(postgres_url: str) -> None:
    with closing(Database(postgres_url)) as one, closing(Database(postgres_url)) as other:
        store(one, reminder(appointment_in(one), NOW, status="sending"))
        with one.connection() as first, other.connection() as second:
            assert len(claim_unsettled(first, NOW, LEASE, 40)) == 1
            assert claim_unsettled(second, NOW, LEASE, 40) == ()
