"""Writing down what became of claimed reminders, many at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, Update, and_, bindparam, func, or_, select, update
from sqlalchemy.engine import Connection

from db.bulk import Bulk, Given, Values, bulk_insert, types_of
from db.claims import Lease
from db.models import Base

_TABLES: Final = Base.metadata.tables
_REMINDER: Final = _TABLES["reminder"]
_ROW: Final = _REMINDER.c
_CONTACT: Final = _TABLES["contact"].c
_TALK: Final = _TABLES["conversation"].c
_VISIT: Final = _TABLES["appointment"].c
_PATIENT: Final = _TABLES["patient"].c
_EVENTS: Final = _TABLES["reminder_event"]
_EVENT_NAMES: Final = ("reminder_id", "at", "what", "detail", "error_code")
_TALK_NAMES: Final = ("contact_id", "channel", "state", "updated_at")


def _update(given: Given, **values: object) -> Update:
    """An update of the reminders that are named by `row`."""
    return update(_REMINDER).where(_ROW.id == given.c.row).values(**values)


_BEGIN: Final = Bulk(
    lambda given: _update(
        given,
        status="sending",
        reason=None,
        to=given.c.to,
        body=given.c.body,
        channel=given.c.channel,
        segments=given.c.segments,
        next_at=bindparam("lease"),
        token=bindparam("ours"),
        started_at=bindparam("started"),
        attempts=_ROW.attempts + 1,
    ),
    types_of((_ROW.to, _ROW.body, _ROW.channel, _ROW.segments), row=_ROW.id.type),
)
_PUT_OFF: Final = Bulk(
    lambda given: _update(given, reason=given.c.reason, next_at=given.c.until),
    types_of((_ROW.reason,), row=_ROW.id.type, until=_ROW.next_at.type),
)
_SETTLE: Final = Bulk(
    lambda given: _update(
        given,
        status=given.c.status,
        reason=given.c.reason,
        channel=given.c.channel,
        next_at=None,
        token=None,
        settled_at=given.c.at,
    ),
    types_of((_ROW.status, _ROW.reason, _ROW.channel), row=_ROW.id.type, at=_ROW.settled_at.type),
)
_ACCEPT: Final = Bulk(
    lambda given: _update(
        given,
        status="sent",
        reason=None,
        sid=given.c.sid,
        carrier_status=given.c.carrier_status,
        error_code=None,
        next_at=given.c.look_again,
        token=None,
        sent_at=given.c.at,
    ).where(_ROW.token == given.c.ours, _ROW.status == "sending"),
    types_of(
        (_ROW.sid, _ROW.carrier_status),
        row=_ROW.id.type,
        ours=_ROW.token.type,
        at=_ROW.sent_at.type,
        look_again=_ROW.next_at.type,
    ),
)
_EVENT: Final = bulk_insert(_EVENTS, _EVENT_NAMES)
_LOCK: Final = Bulk(
    lambda given: (
        select(_CONTACT.id)
        .where(given.has(_CONTACT.id, "id"))
        .order_by(_CONTACT.clinic_id, _CONTACT.phone)
        .with_for_update(key_share=True)
    ),
    {"id": _CONTACT.id.type},
)
_TALKS: Final = Bulk(
    lambda given: select(_TALK.contact_id, _TALK.state).where(
        given.has(_TALK.contact_id, "id"), _TALK.channel == "sms"
    ),
    {"id": _CONTACT.id.type},
)
_NEW_TALK: Final = bulk_insert(_TABLES["conversation"], _TALK_NAMES)
_TALK_STATE: Final = Bulk(
    lambda given: (
        update(_TABLES["conversation"])
        .where(_TALK.contact_id == given.c.contact_id, _TALK.channel == given.c.channel)
        .values(state=given.c.state, updated_at=given.c.updated_at)
    ),
    types_of(_TALK[name] for name in _TALK_NAMES),
)
_HAD_TODAY: Final = Bulk(
    lambda given: (
        select(_ROW.to, func.count())
        .where(
            given.has(_ROW.to, "phone"),
            _ROW.clinic_id == bindparam("clinic"),
            or_(
                and_(_ROW.sent_at >= bindparam("since"), _ROW.status.in_(("sent", "delivered"))),
                and_(
                    _ROW.started_at >= bindparam("since"),
                    _ROW.status.in_(("sending", "in_doubt")),
                ),
            ),
        )
        .group_by(_ROW.to)
    ),
    {"phone": _PATIENT.phone.type},
)
_CALLED: Final = Bulk(
    lambda given: select(_ROW.id, _ROW.to).where(
        given.has(_ROW.to, "phone"),
        _ROW.channel == "voice",
        or_(
            and_(_ROW.status.in_(("sending", "in_doubt", "sent")), _ROW.next_at.is_not(None)),
            _ROW.started_at >= bindparam("since"),
        ),
    ),
    {"phone": _PATIENT.phone.type},
)
_FASTING_TODAY: Final = Bulk(
    lambda given: (
        select(_PATIENT.phone, func.count())
        .select_from(_TABLES["patient"])
        .join(_TABLES["appointment"], _VISIT.patient_id == _PATIENT.id)
        .join(_REMINDER, _ROW.appointment_id == _VISIT.id)
        .where(
            _PATIENT.clinic_id == bindparam("clinic"),
            given.has(_PATIENT.phone, "phone"),
            _ROW.kind == "fasting_start",
            _ROW.status == "planned",
            _ROW.due_at < bindparam("before"),
        )
        .group_by(_PATIENT.phone)
    ),
    {"phone": _PATIENT.phone.type},
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


def had_today(
    connection: Connection, clinic_id: str, phones: Iterable[str], since: dt.datetime
) -> dict[str, int]:
    """How many messages each phone has had since the clinic's day began, those under way too."""
    wanted = [{"phone": phone} for phone in phones]
    return _counts(_HAD_TODAY.run(connection, wanted, {"clinic": clinic_id, "since": since}))


def being_called(
    connection: Connection, calls: Sequence[tuple[int, str]], since: dt.datetime
) -> set[str]:
    """Those of the phones that a call of ours is made to just now, or was begun since a moment
    (real time), for whichever clinic: `calls` are the reminders that ask, each with its phone, and
    do not count themselves."""
    asking = {row for row, _ in calls}
    found = _CALLED.run(connection, [{"phone": phone} for _, phone in calls], {"since": since})
    return {row.to for row in found if row.id not in asking}


def fasting_to_come(
    connection: Connection, clinic_id: str, phones: Iterable[str], before: dt.datetime
) -> dict[str, int]:
    """How many fasting reminders are still planned for each phone before the clinic's day ends."""
    wanted = [{"phone": phone} for phone in phones]
    return _counts(_FASTING_TODAY.run(connection, wanted, {"clinic": clinic_id, "before": before}))


def _counts(found: Sequence[Row[Any]]) -> dict[str, int]:
    return dict(map(tuple, found))


def begin(
    connection: Connection, rows: Sequence[Values], lease: Lease, started_at: dt.datetime
) -> None:
    """Mark claimed rows as under way and keep what is about to go out: `row`, `to`, `body`,
    `channel`, `segments`.

    `started_at` is the real time, by which the carrier's messages can be searched later, whatever
    the worker's own clock shows.
    """
    ours = {"lease": lease.until, "ours": lease.token, "started": started_at}
    _BEGIN.run(connection, rows, ours)


def put_off(connection: Connection, rows: Sequence[Values]) -> None:
    """Leave claimed rows for later: `row`, `until`, `reason`."""
    _PUT_OFF.run(connection, rows)


def settle(connection: Connection, rows: Sequence[Values]) -> None:
    """Bring rows to their last state: `row`, `status`, `reason`, `channel`, `at`."""
    _SETTLE.run(connection, rows)


def accept(connection: Connection, accepted: Sequence[Accepted]) -> None:
    """Mark rows as sent; one that a callback has settled meanwhile, or that is no longer ours by
    its token, is left as it is."""
    _ACCEPT.run(
        connection,
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
    _EVENT.run(connection, events)


def lock_talks(connection: Connection, contacts: Iterable[int]) -> dict[int, str | None]:
    """Lock contacts, in the order that everyone locks them in; then read their conversations.

    These are two statements, for one that waits for a lock goes on to read what stood there before
    it waited: a text that was taken in meanwhile would be forgotten.
    """
    wanted = [{"id": each} for each in sorted(set(contacts))]
    talks: dict[int, str | None] = {row.id: None for row in _LOCK.run(connection, wanted)}
    return talks | {row.contact_id: row.state for row in _TALKS.run(connection, wanted)}


def save_talks(
    connection: Connection,
    before: Mapping[int, str | None],
    after: Mapping[int, str],
    now: dt.datetime,
) -> None:
    """Store the conversations of locked contacts that have changed."""
    new, changed = [], []
    for contact, state in after.items():
        row = {"contact_id": contact, "channel": "sms", "state": state, "updated_at": now}
        if before.get(contact) is None:
            new.append(row)
        elif before[contact] != state:
            changed.append(row)
    _NEW_TALK.run(connection, new)
    _TALK_STATE.run(connection, changed)
