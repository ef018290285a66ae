"""Taking up due reminders: what a claim costs, and whether it stays so cheap in a large database.

Both sides hold the same reminders that are due; the large one holds many more that are settled
already or lie ahead. A claim is one transaction, as the worker makes it.
"""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Final

from sqlalchemy import insert
from sqlalchemy.orm import Session

from bench.measure import Figure, Scale, alternate, ratios, seconds
from bench.places import Place, clinic, places
from bench.texts import phone_numbers
from db.claims import Lease, claim_due
from db.models import Appointment, Base, Patient, Reminder
from db.session import Database
from scheduler.claiming import LEASE

LANE: Final = "claim"
BATCH: Final = 40  # as many as the worker takes at once
_NOW: Final = dt.datetime(2026, 11, 20, 18, 0, tzinfo=dt.UTC)
_HOUR: Final = dt.timedelta(hours=1)
_SMALL: Final = "few others"
_LARGE: Final = "many others"


def measure(scale: Scale) -> Iterator[Figure]:
    """The figures of this lane on every kind of database that is there."""
    with places() as found:
        for place in found:
            yield from _measure_at(place, scale)


def _measure_at(place: Place, scale: Scale) -> Iterator[Figure]:
    name = f"{place.name}: claim among {scale.reminders:,} reminders / among those due alone"
    if place.fresh is None:
        yield Figure(LANE, name, "ratio", (), note=f"{place.name} {place.note}")
        return
    due = BATCH * scale.claims * scale.passes * (scale.rounds + 1)
    with ExitStack() as until_the_end:
        sides: dict[str, Callable[[], float]] = {}
        for side, others in ((_SMALL, 0), (_LARGE, scale.reminders)):
            database = Database(until_the_end.enter_context(place.fresh()))
            until_the_end.callback(database.close)
            fill(database, due, others)
            sides[side] = _claimer(database, scale.claims)
        found = alternate(sides, scale)
    yield Figure(LANE, name, "ratio", ratios(found[_LARGE], found[_SMALL]), note=place.note)
    milliseconds = tuple(each * 1000 for each in found[_LARGE])
    yield Figure(LANE, f"{place.name}: claim of {BATCH}", "ms", milliseconds)
    a_second = tuple(BATCH / each for each in found[_LARGE])
    yield Figure(LANE, f"{place.name}: claimed", "reminders/s", a_second)


def _claimer(database: Database, claims: int) -> Callable[[], float]:
    def claim() -> None:
        lease = Lease(uuid.uuid4().hex, _NOW + LEASE)
        with database.connection() as connection:
            rows = claim_due(connection, clinic().id, _NOW, _NOW, lease, BATCH)
        if len(rows) != BATCH:
            raise RuntimeError(f"{len(rows)} reminders were claimed and not {BATCH}")

    return lambda: sum(seconds(claim) for _ in range(claims)) / claims


def fill(database: Database, due: int, others: int) -> None:
    """Store so many reminders that are due, each of an appointment of its own, and others."""
    profile = clinic()
    with database.transaction() as session:
        phones = itertools.cycle(phone_numbers())
        _store(session, Patient, (_patient(n, profile.id, next(phones)) for n in range(1, due + 1)))
        _store(session, Appointment, (_appointment(n, profile.id) for n in range(1, due + 1)))
        _store(session, Reminder, (_reminder(n, 1, "planned", -1) for n in range(1, due + 1)))
        versions = itertools.count(2)
        _store(
            session,
            Reminder,
            (
                _reminder(1, next(versions), *(("delivered", -9) if n % 2 else ("planned", 9)))
                for n in range(others)
            ),
        )
    with database.engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")  # a server does so by itself now and then


def _store(session: Session, model: type[Base], rows: Iterator[dict[str, Any]]) -> None:
    while some := list(itertools.islice(rows, 1000)):
        session.execute(insert(model), some)


def _patient(number: int, clinic_id: str, phone: str) -> dict[str, Any]:
    return {
        "id": number,
        "clinic_id": clinic_id,
        "name_key": f"sample|{number}",
        "first_name": "Mary",
        "last_name": "Sample",
        "date_of_birth": dt.date(1948, 5, 17),
        "phone": phone,
        "language": "en",
        "channel": "auto",
        "sms_consent": True,
        "voice_consent": False,
        "created_at": _NOW,
    }


def _appointment(number: int, clinic_id: str) -> dict[str, Any]:
    return {
        "id": number,
        "clinic_id": clinic_id,
        "external_id": f"B-{number}",
        "patient_id": number,
        "procedure": "kyphoplasty",
        "starts_at": _NOW + 24 * _HOUR,
        "status": "scheduled",
        "version": 1,
        "created_at": _NOW,
        "updated_at": _NOW,
    }


def _reminder(appointment: int, version: int, status: str, hours: int) -> dict[str, Any]:
    due_at = _NOW + hours * _HOUR
    return {
        "clinic_id": clinic().id,
        "appointment_id": appointment,
        "version": version,
        "kind": "day_before",
        "channel": "sms",
        "due_at": due_at,
        "send_by": due_at + 11 * _HOUR,
        "status": status,
        "next_at": due_at if status == "planned" else None,
        "created_at": _NOW,
    }
