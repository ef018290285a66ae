"""Reminders are claimed once, the most pressing first, and no dead worker keeps one for itself."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from db.contacts import contact_of
from db.models import Contact, Reminder, ReminderEvent
from db.reminders import (
    claim_due,
    counts_by_status,
    expired_leases,
    listed,
    lock_with_contact,
    note,
    oldest_overdue,
    reminder_id_of_sid,
    settle,
)
from db.session import Database
from tests.support.csv_files import NOW
from tests.support.data import CLINIC, booked, stored_clinic

MINUTE = dt.timedelta(minutes=1)
LEASE = NOW + 5 * MINUTE
LATER = NOW + dt.timedelta(hours=1)


@pytest.fixture
def appointment(database: Database) -> int:
    """An appointment without reminders."""
    return appointment_in(database)


def appointment_in(database: Database) -> int:
    appointment_id = booked(database, stored_clinic(database), NOW)
    with database.transaction() as session:
        session.execute(text("DELETE FROM reminder"))
    return appointment_id


_versions = count(100)


def reminder(appointment_id: int, next_at: dt.datetime | None = NOW, **changes: object) -> Reminder:
    """A planned reminder that is due now and useful for an hour."""
    made = Reminder(
        appointment_id=appointment_id,
        version=next(_versions),
        kind="day_before",
        channel="sms",
        due_at=NOW,
        send_by=LATER,
        status="planned",
        next_at=next_at,
        created_at=NOW,
    )
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def store(database: Database, *rows: Reminder) -> list[int]:
    with database.transaction() as session:
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def claim(session: Session, limit: int = 40, now: dt.datetime = NOW) -> Sequence[Reminder]:
    return claim_due(session, now, LEASE, "token", limit)


def test_the_one_useful_for_the_shortest_time_comes_first(
    database: Database, appointment: int
) -> None:
    waits = [30, 10, 10, 50, 20]
    ids = store(database, *(reminder(appointment, send_by=NOW + wait * MINUTE) for wait in waits))
    with database.transaction() as session:
        assert [row.id for row in claim(session, 3)] == [ids[1], ids[2], ids[4]]
        assert [row.id for row in claim(session, 3)] == [ids[0], ids[3]]
        assert claim(session) == []


def test_a_claimed_row_is_leased_and_comes_with_its_patient(
    database: Database, appointment: int
) -> None:
    store(database, reminder(appointment, attempts=1))
    with database.transaction() as session:
        [row] = claim(session)
    assert (row.status, row.next_at, row.token, row.attempts) == ("sending", LEASE, "token", 2)
    assert row.appointment.patient.first_name == "Rosalind"
    with database.reading() as session:
        assert session.get_one(Reminder, row.id).token == "token"


def test_nothing_is_claimed_before_it_is_due_or_once_it_is_settled(
    database: Database, appointment: int
) -> None:
    ids = store(
        database,
        reminder(appointment, NOW + dt.timedelta(microseconds=1)),
        reminder(appointment, NOW),
        reminder(appointment, LEASE, status="sending"),
        reminder(appointment, NOW, status="in_doubt"),
        *(reminder(appointment, None, status=status) for status in ("sent", "cancelled", "missed")),
    )
    with database.transaction() as session:
        assert claim(session, now=NOW - MINUTE) == []
        assert [row.id for row in claim(session)] == [ids[1]]
        assert [row.id for row in claim(session, now=NOW + MINUTE)] == [ids[0]]


def test_a_claim_that_is_rolled_back_never_happened(database: Database, appointment: int) -> None:
    [number] = store(database, reminder(appointment))
    with database.transaction() as session:
        claim(session)
        session.rollback()
    with database.reading() as session:
        row = session.get_one(Reminder, number)
        assert (row.status, row.token, row.attempts) == ("planned", None, 0)


def test_postgresql_a_row_being_claimed_is_passed_over(postgres_url: str) -> None:
    with closing(Database(postgres_url)) as one, closing(Database(postgres_url)) as other:
        appointment = appointment_in(one)
        ids = store(one, *(reminder(appointment) for _ in range(10)))
        with one.transaction() as first, other.transaction() as second:
            mine = [row.id for row in claim(first, 4)]
            yours = [row.id for row in claim(second, 4)]
            rest = [row.id for row in claim(first)]
            assert claim(second) == []
        assert (mine, yours, rest) == (ids[:4], ids[4:8], ids[8:])


def test_many_workers_claim_every_row_once(database: Database, appointment: int) -> None:
    ids = store(database, *(reminder(appointment) for _ in range(120)))

    def work(own: Database) -> list[int]:
        taken: list[int] = []
        while True:
            with own.transaction() as session:
                batch = [row.id for row in claim(session, 7)]
            if not batch:
                return taken
            taken += batch

    with closing(Database(database.url)) as other, ThreadPoolExecutor(4) as pool:
        taken = [each for part in pool.map(work, [database, other] * 2) for each in part]
    assert Counter(taken) == Counter(ids)


def test_postgresql_finds_what_is_due_by_the_index_of_open_rows(postgres_url: str) -> None:
    """A busy clinic's year: 20,000 rows of which one in twenty is still open."""
    fill = text(
        """
        INSERT INTO reminder (appointment_id, version, kind, channel, due_at, send_by, status,
                              next_at, attempts, created_at)
        SELECT :appointment, 20000 + n, 'day_before', 'sms', due, due + interval '10 hours',
               CASE WHEN n % 20 = 0 THEN 'planned' ELSE 'delivered' END,
               CASE WHEN n % 20 = 0 THEN due END, 0, due
        FROM (SELECT n, CAST(:now AS timestamptz) + n * interval '1 minute' AS due
              FROM generate_series(-500, 19500) n) AS rows
        """
    )
    claims: list[tuple[str, dict[str, object]]] = []
    with closing(Database(postgres_url)) as database:
        appointment = appointment_in(database)
        with database.transaction() as session:
            session.execute(fill, {"appointment": appointment, "now": NOW})
            session.execute(text("ANALYZE reminder"))

        @event.listens_for(database.engine, "before_cursor_execute")
        def listen(*args: object) -> None:
            statement, parameters = str(args[2]), args[3]
            if "UPDATE reminder" in statement and isinstance(parameters, dict):
                claims.append((statement, parameters))

        with database.transaction() as session:
            assert len(claim(session)) == 26
            session.rollback()
        [(statement, parameters)] = claims
        with database.engine.connect() as connection:
            lines = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars().all()
    plan = "\n".join(lines)
    assert "Index Scan using ix_reminder_next_at" in plan
    assert "Index Scan using pk_reminder" in plan
    assert "Seq Scan" not in plan


def test_a_dead_workers_rows_are_found_when_their_lease_is_over(
    database: Database, appointment: int
) -> None:
    ids = store(
        database,
        reminder(appointment, LEASE, status="sending"),
        reminder(appointment, LEASE + MINUTE, status="sending"),
        reminder(appointment, LEASE),
    )
    with database.transaction() as session:
        assert expired_leases(session, LEASE - MINUTE, 40) == []
        [lost] = expired_leases(session, LEASE, 40)
        assert lost.id == ids[0]
        assert lost.appointment.patient.last_name == "Quackenbush"
        assert len(expired_leases(session, LATER, 1)) == 1
        assert len(expired_leases(session, LATER, 40)) == 2


def test_postgresql_two_workers_find_no_dead_workers_row_twice(postgres_url: str) -> None:
    with closing(Database(postgres_url)) as one, closing(Database(postgres_url)) as other:
        store(one, reminder(appointment_in(one), LEASE, status="sending"))
        with one.transaction() as first, other.transaction() as second:
            assert len(expired_leases(first, LEASE, 40)) == 1
            assert expired_leases(second, LEASE, 40) == []


def test_a_settled_row_is_nobodys_any_more(database: Database, appointment: int) -> None:
    [number] = store(database, reminder(appointment, LEASE, status="sending", token="token"))
    with database.transaction() as session:
        settle(session.get_one(Reminder, number), "delivered", None, LATER)
    with database.reading() as session:
        row = session.get_one(Reminder, number)
        assert (row.status, row.reason, row.next_at, row.token) == ("delivered", None, None, None)
        assert row.settled_at == LATER


def test_what_happened_to_a_row_is_written_down(database: Database, appointment: int) -> None:
    [number] = store(database, reminder(appointment))
    with database.transaction() as session:
        note(session, number, "accepted", NOW)
        note(session, number, "callback", LATER, detail="undelivered", error_code=30003)
    with database.reading() as session:
        events = session.scalars(select(ReminderEvent).order_by(ReminderEvent.id)).all()
        assert [(e.reminder_id, e.what, e.at, e.detail, e.error_code) for e in events] == [
            (number, "accepted", NOW, None, None),
            (number, "callback", LATER, "undelivered", 30003),
        ]


def test_a_row_is_locked_together_with_the_contact_that_it_went_to(
    database: Database, appointment: int
) -> None:
    ids = store(database, reminder(appointment), reminder(appointment, to="+18285550199"))
    with database.transaction() as session:
        session.execute(text("DELETE FROM task"))
        session.execute(text("DELETE FROM contact"))
        assert lock_with_contact(session, max(ids) + 1, NOW) is None
        row = lock_with_contact(session, ids[1], NOW)
        assert row is not None
        assert row.appointment.patient.phone == "+18285550173"
        assert session.scalars(select(Contact.phone)).all() == ["+18285550199"]
        assert lock_with_contact(session, ids[0], NOW) is not None
        assert contact_of(session, CLINIC, "+18285550173") is not None


def test_a_row_is_found_by_the_carriers_id(database: Database, appointment: int) -> None:
    [number, _] = store(database, reminder(appointment, sid="SM1"), reminder(appointment))
    with database.reading() as session:
        assert reminder_id_of_sid(session, "SM1") == number
        assert reminder_id_of_sid(session, "SM2") is None


def test_how_much_there_is_to_do(database: Database, appointment: int) -> None:
    rows = ["planned", "planned", "in_doubt", "delivered", "sent"]
    with database.reading() as session:
        assert counts_by_status(session) == {}
        assert oldest_overdue(session, NOW) is None
    store(
        database,
        reminder(appointment, NOW + MINUTE),
        reminder(appointment, LATER),
        reminder(appointment, NOW + 2 * MINUTE, status="in_doubt"),
        reminder(appointment, None, status="delivered"),
        reminder(appointment, NOW, status="sent"),
    )
    with database.reading() as session:
        assert counts_by_status(session) == Counter(rows)
        assert oldest_overdue(session, NOW) is None
        assert oldest_overdue(session, NOW + 2 * MINUTE) == NOW + MINUTE


def test_rows_are_listed_by_appointment_version_and_time(database: Database) -> None:
    profile = stored_clinic(database)
    booked(database, profile, NOW, external_id="A")
    booked(database, profile, NOW, external_id="B")
    with database.reading() as session:
        rows = [(row.appointment.external_id, row.kind) for row in listed(session, None)]
        kinds = ["week_before", "day_before", "fasting_start"]
        assert rows == [("A", kind) for kind in kinds] + [("B", kind) for kind in kinds]
        assert {row.appointment.external_id for row in listed(session, "B")} == {"B"}
        assert listed(session, "C") == []
