"""Writing down what became of claimed reminders, many at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Executable, and_, bindparam, func, insert, or_, select, update
from sqlalchemy.engine import Connection

from db.models import Base

_TABLES: Final = Base.metadata.tables
_REMINDER: Final = _TABLES["reminder"]
_ROW: Final = _REMINDER.c
_CONTACT: Final = _TABLES["contact"].c
_TALK: Final = _TABLES["conversation"].c
_VISIT: Final = _TABLES["appointment"].c
_PATIENT: Final = _TABLES["patient"].c

_OURS: Final = and_(
    _ROW.id == bindparam("row"), _ROW.token == bindparam("ours"), _ROW.status == "sending"
)
_PREPARE: Final = (
    update(_REMINDER)
    .where(_ROW.id == bindparam("row"))
    .values(to=bindparam("to"), body=bindparam("body"), channel="sms", reason=None)
)
_PUT_OFF: Final = (
    update(_REMINDER)
    .where(_ROW.id == bindparam("row"))
    .values(
        status="planned",
        reason=bindparam("reason"),
        next_at=bindparam("until"),
        token=None,
        attempts=_ROW.attempts - 1,
    )
)
_SETTLE: Final = (
    update(_REMINDER)
    .where(_ROW.id == bindparam("row"))
    .values(
        status=bindparam("status"),
        reason=bindparam("reason"),
        channel=bindparam("channel"),
        next_at=None,
        token=None,
        settled_at=bindparam("at"),
    )
)
_ACCEPT: Final = (
    update(_REMINDER)
    .where(_OURS)
    .values(
        status="sent",
        reason=None,
        sid=bindparam("sid"),
        carrier_status=bindparam("carrier_status"),
        error_code=None,
        next_at=bindparam("look_again"),
        token=None,
        sent_at=bindparam("at"),
    )
)
_EVENT: Final = insert(_TABLES["reminder_event"])
_LOCK: Final = (
    select(_CONTACT.id)
    .where(_CONTACT.id.in_(bindparam("ids", expanding=True)))
    .order_by(_CONTACT.clinic_id, _CONTACT.phone)
    .with_for_update(key_share=True)
)
_TALKS: Final = select(_TALK.contact_id, _TALK.state).where(
    _TALK.contact_id.in_(bindparam("ids", expanding=True)), _TALK.channel == "sms"
)
_NEW_TALK: Final = insert(_TABLES["conversation"])
_TALK_STATE: Final = (
    update(_TABLES["conversation"])
    .where(_TALK.contact_id == bindparam("contact"), _TALK.channel == "sms")
    .values(state=bindparam("state"), updated_at=bindparam("updated_at"))
)
_HAD_TODAY: Final = (
    select(_ROW.to, func.count())
    .where(
        _ROW.to.in_(bindparam("phones", expanding=True)),
        _ROW.clinic_id == bindparam("clinic"),
        or_(
            and_(_ROW.sent_at >= bindparam("since"), _ROW.status.in_(("sent", "delivered"))),
            and_(_ROW.started_at >= bindparam("since"), _ROW.status.in_(("sending", "in_doubt"))),
        ),
    )
    .group_by(_ROW.to)
)
_FASTING_TODAY: Final = (
    select(_PATIENT.phone, func.count())
    .select_from(_REMINDER)
    .join(_TABLES["appointment"], _VISIT.id == _ROW.appointment_id)
    .join(_TABLES["patient"], _PATIENT.id == _VISIT.patient_id)
    .where(
        _PATIENT.clinic_id == bindparam("clinic"),
        _PATIENT.phone.in_(bindparam("phones", expanding=True)),
        _ROW.kind == "fasting_start",
        _ROW.status == "planned",
        _ROW.due_at < bindparam("before"),
    )
    .group_by(_PATIENT.phone)
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A row that the carrier has taken: its lease's token, and the carrier's id and first word."""

    row: int
    token: str
    sid: str
    status: str
    at: dt.datetime
    look_again: dt.datetime


Values = Mapping[str, object]


def had_today(
    connection: Connection, clinic_id: str, phones: Iterable[str], since: dt.datetime
) -> dict[str, int]:
    """How many messages each phone has had since the clinic's day began, those under way too."""
    values = {"clinic": clinic_id, "phones": list(phones), "since": since}
    return dict(connection.execute(_HAD_TODAY, values).all())


def fasting_to_come(
    connection: Connection, clinic_id: str, phones: Iterable[str], before: dt.datetime
) -> dict[str, int]:
    """How many fasting reminders are still planned for each phone before the clinic's day ends."""
    values = {"clinic": clinic_id, "phones": list(phones), "before": before}
    return dict(connection.execute(_FASTING_TODAY, values).all())


def prepare(connection: Connection, rows: Sequence[Values]) -> None:
    """Keep what is about to go out: `row`, `to`, `body`."""
    _many(connection, _PREPARE, rows)


def put_off(connection: Connection, rows: Sequence[Values]) -> None:
    """Give rows back unsent: `row`, `until`, `reason`."""
    _many(connection, _PUT_OFF, rows)


def settle(connection: Connection, rows: Sequence[Values]) -> None:
    """Bring rows to their last state: `row`, `status`, `reason`, `channel`, `at`."""
    _many(connection, _SETTLE, rows)


def accept(connection: Connection, accepted: Sequence[Accepted]) -> None:
    """Mark rows as sent; one that a callback has settled meanwhile, or that is no longer ours by
    its token, is left as it is."""
    _many(
        connection,
        _ACCEPT,
        [
            {
                "row": each.row,
                "ours": each.token,
                "sid": each.sid,
                "carrier_status": each.status[:20] or None,
                "at": each.at,
                "look_again": each.look_again,
            }
            for each in accepted
        ],
    )


def note_all(connection: Connection, events: Sequence[Values]) -> None:
    """Write down events: `reminder_id`, `at`, `what`, `detail`, `error_code`."""
    _many(connection, _EVENT, events)


def lock_talks(connection: Connection, contacts: Iterable[int]) -> dict[int, str | None]:
    """Lock contacts, in the order that everyone locks them in; then read their conversations.

    These are two statements, for one that waits for a lock goes on to read what stood there before
    it waited: a text that was taken in meanwhile would be forgotten.
    """
    wanted = {"ids": sorted(set(contacts))}
    locked = connection.execute(_LOCK, wanted).scalars().all()
    return {**dict.fromkeys(locked), **dict(connection.execute(_TALKS, wanted).all())}


def save_talks(
    connection: Connection,
    before: Mapping[int, str | None],
    after: Mapping[int, str],
    now: dt.datetime,
) -> None:
    """Store the conversations of locked contacts that have changed."""
    new, changed = [], []
    for contact, state in after.items():
        if before.get(contact) is None:
            new.append({"contact_id": contact, "channel": "sms", "state": state, "updated_at": now})
        elif before[contact] != state:
            changed.append({"contact": contact, "state": state, "updated_at": now})
    _many(connection, _NEW_TALK, new)
    _many(connection, _TALK_STATE, changed)


def _many(connection: Connection, statement: Executable, rows: Sequence[Values]) -> None:
    if rows:
        connection.execute(statement, [dict(row) for row in rows])
