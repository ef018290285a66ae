"""Reminder rows as tests of the tables need them: without a plan, due now."""

from __future__ import annotations

import datetime as dt
from itertools import count

from sqlalchemy import text

from db.models import Reminder
from db.session import Database
from tests.support.csv_files import NOW
from tests.support.data import CLINIC, booked, stored_clinic

LATER = NOW + dt.timedelta(hours=1)
_versions = count(100)


def appointment_in(database: Database) -> int:
    """An appointment without reminders."""
    appointment_id = booked(database, stored_clinic(database), NOW)
    with database.transaction() as session:
        session.execute(text("DELETE FROM reminder"))
    return appointment_id


def reminder(appointment_id: int, next_at: dt.datetime | None = NOW, **changes: object) -> Reminder:
    """A planned reminder that is due now and useful for an hour."""
    made = Reminder(
        clinic_id=CLINIC,
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
    """Store rows; their ids."""
    with database.transaction() as session:
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]
