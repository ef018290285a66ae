"""Reading what is due on a day, without taking it up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import exists, func, select
from sqlalchemy.engine import Connection

from db.bulk import Bulk
from db.claims import Claimed, look_at
from db.models import Appointment, Patient, Reminder

_WHOM: Final = select(
    *(Appointment.id, Appointment.external_id, Patient.id, Patient.first_name),
    *(Patient.last_name, Appointment.starts_at),
).join(Patient, Patient.id == Appointment.patient_id)
_VISIT_ID: Final = Appointment.__table__.c.id
_WHOM_AMONG: Final = Bulk(
    lambda given: _WHOM.where(given.has(_VISIT_ID, "id")), {"id": _VISIT_ID.type}
)


@dataclass(frozen=True, slots=True)
class Whom:
    """Whom a message of an appointment is for; `external_id` is the clinic's own number."""

    appointment_id: int
    external_id: str
    patient_id: int
    first_name: str = field(repr=False)
    last_name: str = field(repr=False)
    starts_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Due:
    """A message of a day: the row as a worker sees it, when one will look at it (UTC), and the
    reason if it was given up already."""

    row: Claimed
    next_at: dt.datetime
    reason: str | None


def due_between(
    connection: Connection, clinic_id: str, since: dt.datetime, until: dt.datetime
) -> list[Due]:
    """The messages of a clinic that workers will look at in [since, until), and those that were to
    go out then and were given up, of appointments as they are now."""
    planned = select(Reminder.id, func.coalesce(Reminder.next_at, Reminder.due_at)).where(
        Reminder.clinic_id == clinic_id,
        Reminder.status == "planned",
        Reminder.next_at >= since,
        Reminder.next_at < until,
    )
    given_up = (
        select(Reminder.id, Reminder.due_at, Reminder.reason)
        .join(Appointment, Appointment.id == Reminder.appointment_id)
        .where(
            Reminder.clinic_id == clinic_id,
            Reminder.due_at >= since,
            Reminder.due_at < until,
            Reminder.status.in_(("skipped", "missed")),
            Appointment.version == Reminder.version,
            Appointment.status == "scheduled",
        )
    )
    moments: dict[int, tuple[dt.datetime, str | None]] = {}
    for key, at, reason in connection.execute(given_up):
        moments[key] = (at, reason)
    for key, at in connection.execute(planned):
        moments[key] = (at, None)
    return [Due(row, *moments[row.id]) for row in look_at(connection, list(moments))]


def whom_of(connection: Connection, due: Sequence[Due]) -> dict[int, Whom]:
    """Whom the messages are for, by appointment."""
    wanted = {each.row.appointment_id for each in due}
    rows = _WHOM_AMONG.run(connection, [{"id": each} for each in wanted])
    return {each.appointment_id: each for each in _whoms(rows)}


def never_planned(
    connection: Connection, clinic_id: str, since: dt.datetime, until: dt.datetime
) -> list[Whom]:
    """Appointments of a clinic that start in [since, until) and have no message at all."""
    query = _WHOM.where(
        Appointment.clinic_id == clinic_id,
        Appointment.status == "scheduled",
        Appointment.starts_at >= since,
        Appointment.starts_at < until,
        ~exists().where(
            Reminder.appointment_id == Appointment.id, Reminder.version == Appointment.version
        ),
    ).order_by(Appointment.starts_at, Appointment.id)
    return _whoms(connection.execute(query))


def _whoms(rows: Iterable[Any]) -> list[Whom]:
    return [Whom(*row) for row in rows]
