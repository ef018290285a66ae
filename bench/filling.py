"""Storing reminders in bulk: due ones, each of an appointment of its own, and settled ones."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator
from typing import Any, Final

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from bench.places import clinic
from bench.texts import phone_numbers
from db.models import Appointment, Base, Contact, Patient, Reminder
from db.session import Database

NOW: Final = dt.datetime(2026, 11, 20, 18, 0, tzinfo=dt.UTC)
"""What the workers' clock shows: an hour after the reminders fell due, inside the send window."""
_HOUR: Final = dt.timedelta(hours=1)
_CLINIC_ID: Final = clinic().id
_OTHERS: Final = text(
    "INSERT INTO reminder (clinic_id, appointment_id, version, kind, channel, due_at, send_by,"
    " status, next_at, attempts, created_at)"
    " SELECT r.clinic_id, r.appointment_id, n, r.kind, r.channel,"
    " CASE WHEN n % 2 = 1 THEN :past ELSE :ahead END,"
    " CASE WHEN n % 2 = 1 THEN :past ELSE :ahead END + interval '11 hours',"
    " CASE WHEN n % 2 = 1 THEN 'delivered' ELSE 'planned' END,"
    " CASE WHEN n % 2 = 1 THEN NULL ELSE :ahead END, 0, r.created_at"
    " FROM reminder r, generate_series(2, :most) AS n WHERE r.appointment_id = 1 AND r.version = 1"
)


def fill_due(database: Database, first: int, count: int) -> None:
    """Store so many reminders that are due, each of an appointment, patient and contact of its own;
    the appointments are numbered from `first` (at least 1). No phone comes twice among 79,900."""
    numbers = range(first, first + count)
    phones = itertools.cycle(phone_numbers())
    own_phones = list(itertools.islice(phones, first - 1, first - 1 + count))
    with database.transaction() as session:
        _store(session, Patient, map(_patient, numbers, own_phones))
        _store(session, Contact, map(_contact, _without_contact(session, own_phones)))
        _store(session, Appointment, map(_appointment, numbers))
        _store(session, Reminder, (_reminder(n, 1, "planned", -1) for n in numbers))


def fill_others(database: Database, count: int) -> None:
    """Store reminders that are settled or lie ahead, all of appointment 1, half and half."""
    versions = range(2, count + 2)
    with database.transaction() as session:
        if database.is_sqlite:
            _store(session, Reminder, map(_other, versions))
        else:
            session.execute(text("SET LOCAL statement_timeout = 0"))
            moments = {"past": NOW - 9 * _HOUR, "ahead": NOW + 9 * _HOUR}
            session.execute(_OTHERS, moments | {"most": count + 1})


def analyse(database: Database) -> None:
    """Count what is stored for the planner, and tidy up after the filling; a server does both by
    itself now and then, and would otherwise begin with it in the midst of the measurement."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if database.is_sqlite else "VACUUM (ANALYZE)")


def _store(session: Session, model: type[Base], rows: Iterable[dict[str, Any]]) -> None:
    waiting: Iterator[dict[str, Any]] = iter(rows)
    while some := list(itertools.islice(waiting, 1000)):
        session.execute(insert(model), some)


def _without_contact(session: Session, own_phones: Iterable[str]) -> Iterable[str]:
    known = set(session.scalars(select(Contact.phone)))
    return (phone for phone in dict.fromkeys(own_phones) if phone not in known)


def _other(version: int) -> dict[str, Any]:
    return _reminder(1, version, *(("delivered", -9) if version % 2 else ("planned", 9)))


def _contact(phone: str) -> dict[str, Any]:
    return {
        "clinic_id": _CLINIC_ID,
        "phone": phone,
        "textable": True,
        "reachable": True,
        "created_at": NOW,
    }


def _patient(number: int, phone: str) -> dict[str, Any]:
    return {
        "id": number,
        "clinic_id": _CLINIC_ID,
        "name_key": f"sample|{number}",
        "first_name": "Mary",
        "last_name": "Sample",
        "date_of_birth": dt.date(1948, 5, 17),
        "phone": phone,
        "language": "en",
        "channel": "auto",
        "sms_consent": True,
        "voice_consent": False,
        "created_at": NOW,
    }


def _appointment(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "clinic_id": _CLINIC_ID,
        "external_id": f"B-{number}",
        "patient_id": number,
        "procedure": "kyphoplasty",
        "starts_at": NOW + 24 * _HOUR,
        "status": "scheduled",
        "version": 1,
        "created_at": NOW,
        "updated_at": NOW,
    }


def _reminder(appointment: int, version: int, status: str, hours: int) -> dict[str, Any]:
    due_at = NOW + hours * _HOUR
    return {
        "clinic_id": _CLINIC_ID,
        "appointment_id": appointment,
        "version": version,
        "kind": "day_before",
        "channel": "sms",
        "due_at": due_at,
        "send_by": due_at + 11 * _HOUR,
        "status": status,
        "next_at": due_at if status == "planned" else None,
        "created_at": NOW,
    }
