"""Claiming reminders: the rows that workers take up, and what they need to know of each.

Statements are built once, at import: they run all the time, on tables of any size.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, not_, or_, select, update
from sqlalchemy.engine import Connection

from db.bulk import Bulk
from db.models import Base

_TABLES: Final = Base.metadata.tables
_ROW: Final = _TABLES["reminder"].c
_VISIT: Final = _TABLES["appointment"].c
_PATIENT: Final = _TABLES["patient"].c
_CONTACT: Final = _TABLES["contact"].c


@dataclass(frozen=True, slots=True)
class Claimed:
    """A reminder that this worker has, with everything that deciding about it asks for.

    `channel` is the patient's wish, `planned_by` the channel that the row was planned or last tried
    by; the contact's columns are `None` before its first message.
    """

    id: int
    clinic_id: str
    kind: str
    planned_by: str
    version: int
    due_at: dt.datetime
    send_by: dt.datetime
    attempts: int
    started_at: dt.datetime | None
    to: str | None = field(repr=False)
    body: str | None = field(repr=False)
    sid: str | None
    carrier_status: str | None
    appointment_id: int
    appointment_version: int
    appointment_status: str
    starts_at: dt.datetime
    procedure: str
    first_name: str = field(repr=False)
    phone: str = field(repr=False)
    language: str
    channel: str
    sms_consent: bool
    voice_consent: bool
    contact_id: int | None
    opted_out_at: dt.datetime | None
    held_until: dt.datetime | None
    textable: bool | None
    reachable: bool | None


_RENAMED: Final = {
    "appointment_version": _VISIT.version,
    "appointment_status": _VISIT.status,
    "starts_at": _VISIT.starts_at,
    "procedure": _VISIT.procedure,
    "contact_id": _CONTACT.id,
    "channel": _PATIENT.channel,
    "planned_by": _ROW.channel,
}
_OF_PATIENT: Final = ("first_name", "phone", "language", "sms_consent", "voice_consent")
_OF_CONTACT: Final = ("opted_out_at", "held_until", "textable", "reachable")


def _column(name: str) -> ColumnElement[Any]:
    if name in _RENAMED:
        return _RENAMED[name].label(name)
    if name in _OF_PATIENT:
        return _PATIENT[name]
    return _CONTACT[name] if name in _OF_CONTACT else _ROW[name]


_WHOLE: Final = Bulk(
    lambda given: (
        select(*(_column(each.name) for each in fields(Claimed)))
        .select_from(_TABLES["reminder"])
        .join(_TABLES["appointment"], _VISIT.id == _ROW.appointment_id)
        .join(_TABLES["patient"], _PATIENT.id == _VISIT.patient_id)
        .outerjoin(
            _TABLES["contact"],
            and_(_CONTACT.clinic_id == _VISIT.clinic_id, _CONTACT.phone == _PATIENT.phone),
        )
        .where(given.has(_ROW.id, "id"))
        .order_by(_ROW.send_by, _ROW.id)
    ),
    {"id": _ROW.id.type},
)
_IS_CALL: Final = (
    select(_VISIT.id)
    .join_from(_TABLES["appointment"], _TABLES["patient"], _PATIENT.id == _VISIT.patient_id)
    .outerjoin(
        _TABLES["contact"],
        and_(_CONTACT.clinic_id == _VISIT.clinic_id, _CONTACT.phone == _PATIENT.phone),
    )
    .where(
        _VISIT.id == _ROW.appointment_id,
        _PATIENT.voice_consent,
        or_(
            not_(_PATIENT.sms_consent),
            _PATIENT.channel == "voice",
            _CONTACT.textable.is_(False),
            and_(_ROW.attempts > 0, _ROW.channel == "voice"),
        ),
    )
    .correlate(_TABLES["reminder"])
    .exists()
)
"""Whether a reminder goes out as a call, by what `scheduler.channel` goes by."""


def _due(condition: ColumnElement[bool] | None, moment: ColumnElement[Any]) -> Select[int]:
    found = select(_ROW.id).where(
        _ROW.status == "planned",
        _ROW.clinic_id == bindparam("clinic"),
        moment <= bindparam("now"),
    )
    return found if condition is None else found.where(condition)


_CONDITIONS: Final = {None: None, "voice": _IS_CALL, "sms": not_(_IS_CALL)}
_IS_DUE: Final = {
    channel: _due(condition, _ROW.next_at).limit(1) for channel, condition in _CONDITIONS.items()
}
_EARLIEST: Final = (
    _due(None, _ROW.next_at)
    .with_only_columns(_ROW.next_at)
    .order_by(_ROW.next_at)
    .limit(1)
    .correlate(None)
    .scalar_subquery()
)
# Two ways lead to what is due: by moment, which is short while little is due, and by `send_by`,
# which is short while much is, and long through all that lies ahead when nothing is. So the first
# is asked whether there is anything, and the second gives it; a wrapped column keeps to that.
_DUE: Final = {
    channel: _due(condition, func.coalesce(_ROW.next_at, _ROW.send_by))
    .where(_EARLIEST.is_not(None))
    .order_by(_ROW.send_by, _ROW.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=_TABLES["reminder"])
    for channel, condition in _CONDITIONS.items()
}
_UNSETTLED: Final = (
    select(_ROW.id)
    .where(_ROW.next_at <= bindparam("now"), _ROW.status.in_(("sending", "in_doubt", "sent")))
    .order_by(_ROW.next_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("unsettled")
)
_CLAIM_UNSETTLED: Final = (
    update(_TABLES["reminder"])
    .where(_ROW.id == _UNSETTLED.c.id)
    .values(next_at=bindparam("lease"), token=bindparam("lease_token"))
    .returning(_ROW.id)
)


@dataclass(frozen=True, slots=True)
class Lease:
    """A worker's hold on rows: until when (by the worker's clock), and the token that proves it."""

    token: str
    until: dt.datetime


def has_due(connection: Connection, clinic_id: str, now: dt.datetime, channel: str) -> bool:
    """Whether a clinic has a reminder that is due, claimed by nobody, and goes out by `channel`."""
    values = {"clinic": clinic_id, "now": now}
    return connection.execute(_IS_DUE[channel], values).scalar() is not None


def claim_due(
    connection: Connection,
    clinic_id: str,
    now: dt.datetime,
    most: int,
    channel: str | None = None,
) -> Sequence[Claimed]:
    """Take up to `most` due reminders of a clinic, the earliest `send_by` first; with `channel`
    only those that go out as texts (`sms`), which includes those that can't go out, or as calls.

    They are ours until the transaction ends, by which time each has to be stored as under way
    (`db.outbox.begin`), put off or settled. What another worker is claiming at the same moment is
    passed over, so that any number of workers share the work.
    """
    values = {"clinic": clinic_id, "now": now, "most": most}
    return _whole(connection, connection.execute(_DUE[channel], values).scalars().all())


def claim_unsettled(
    connection: Connection, now: dt.datetime, lease: Lease, most: int
) -> Sequence[Claimed]:
    """Take rows whose fate must be looked up: their worker died, the answer was unclear, or the
    carrier's report is overdue. Their state stays as it is; the lease and token are ours."""
    values = {"now": now, "most": most, "lease": lease.until, "lease_token": lease.token}
    return _whole(connection, connection.execute(_CLAIM_UNSETTLED, values).scalars().all())


def look_at(connection: Connection, ids: Sequence[int]) -> Sequence[Claimed]:
    """Rows as a worker would see them now, taken up by nobody."""
    return _whole(connection, ids)


def _whole(connection: Connection, ids: Sequence[int]) -> Sequence[Claimed]:
    found = _WHOLE.run(connection, [{"id": each} for each in ids])
    return tuple(Claimed(*tuple(row)) for row in found)
