"""The rows of calls: opened, locked, stored turn by turn, ended; and their recordings.

The path of every key that a caller presses, so its statements are built once, at import.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.engine import Connection

from db.call_models import Call, Recording
from db.contacts import ContactState
from db.models import Base
from db.upsert import insert_for

_TABLES: Final = Base.metadata.tables
_CLINIC: Final = _TABLES["clinic"].c
_CONTACT: Final = _TABLES["contact"].c
_CALL: Final = _TABLES["call"]
_TURN: Final = _TABLES["call_turn"]


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call, locked, with its clinic; `contact` is `None` where the number is withheld."""

    sid: str
    clinic_id: str
    fingerprint: str
    language: str
    direction: str
    reminder_id: int | None
    attempt: int | None
    state: str
    turn: int
    ended_at: dt.datetime | None
    contact: ContactState | None


@dataclass(frozen=True, slots=True)
class NewCall:
    """A call as it begins; the fields are the columns of `call`."""

    sid: str
    clinic_id: str
    contact_id: int | None
    phone: str | None
    language: str
    direction: str
    reminder_id: int | None = None
    attempt: int | None = None
    answered_by: str | None = None


@dataclass(frozen=True, slots=True)
class TakenCallTurn:
    """What is to be stored of a turn; the fields are the columns of `call_turn`."""

    number: int
    said: str
    kind: str
    labels: str
    rule: str
    reply: str
    response: str


@dataclass(frozen=True, slots=True)
class NewRecording:
    """A recording as the carrier reports it; `seconds` is its length."""

    sid: str
    url: str
    seconds: int


_OF_CALL: Final = (
    "sid", "clinic_id", "language", "direction", "reminder_id", "attempt", "state", "turn",
    "ended_at",
)  # fmt: skip
_FIND: Final = (
    select(
        *(_CALL.c[name] for name in _OF_CALL),
        _CLINIC.fingerprint,
        *(_CONTACT[name] for name in ContactState.columns()),
    )
    .select_from(_CALL)
    .join(_TABLES["clinic"], _CLINIC.id == _CALL.c.clinic_id)
    .outerjoin(_TABLES["contact"], _CONTACT.id == _CALL.c.contact_id)
    .where(_CALL.c.sid == bindparam("call"))
    .with_for_update(key_share=True, of=_CALL)
)
_LOCK_CONTACT: Final = (
    select(_CONTACT.id)
    .join(_CALL, _CALL.c.contact_id == _CONTACT.id)
    .where(_CALL.c.sid == bindparam("call"))
    .with_for_update(key_share=True, of=_TABLES["contact"])
)
_RESPONSE: Final = select(_TURN.c.response).where(
    _TURN.c.call_sid == bindparam("call"), _TURN.c.number == bindparam("turn")
)
_KEEP: Final = (
    update(_CALL)
    .where(_CALL.c.sid == bindparam("call"))
    .values(
        state=bindparam("new_state"),
        turn=bindparam("new_turn"),
        language=bindparam("new_language"),
        phone=bindparam("new_phone"),
    )
)
_NEW_TURN: Final = insert(_TURN)
_BY_NUMBER: Final = select(_CLINIC.id, _CLINIC.fingerprint).where(
    _CLINIC.texting_number == bindparam("number")
)
_WITHOUT_NUMBER: Final = (
    select(_CLINIC.id, _CLINIC.fingerprint).where(_CLINIC.texting_number.is_(None)).limit(2)
)
_BY_ID: Final = select(_CLINIC.id, _CLINIC.fingerprint).where(_CLINIC.id == bindparam("id"))


def clinic_called(connection: Connection, number: str) -> tuple[str, str] | None:
    """The id and fingerprint of the clinic that a number belongs to; `None` if it is nobody's.

    Where just one clinic has no number of its own, every number that is not another's is its.
    """
    row = connection.execute(_BY_NUMBER, {"number": number}).one_or_none()
    if row is not None:
        return row.id, row.fingerprint
    without = connection.execute(_WITHOUT_NUMBER).all()
    return (without[0].id, without[0].fingerprint) if len(without) == 1 else None


def clinic_by_id(connection: Connection, clinic_id: str) -> tuple[str, str]:
    """The id and fingerprint of a clinic that is there."""
    row = connection.execute(_BY_ID, {"id": clinic_id}).one()
    return row.id, row.fingerprint


def open_call(connection: Connection, sid: str) -> OpenCall | None:
    """Lock a call and, before it, its contact; `None` if it is not known.

    Whoever else takes a turn of the call waits, and so does a text of the same number.
    """
    if connection.dialect.name != "sqlite":  # its transactions lock all from the start
        connection.execute(_LOCK_CONTACT, {"call": sid})
    row = connection.execute(_FIND, {"call": sid}).one_or_none()
    if row is None:
        return None
    known = len(_OF_CALL)
    call, contact = row[:known], row[known + 1 :]
    state = ContactState(*contact) if contact[0] is not None else None
    values = dict(zip(_OF_CALL, call, strict=True))
    return OpenCall(**values, fingerprint=row[known], contact=state)


def make_call(connection: Connection, new: NewCall, now: dt.datetime) -> None:
    """Store a call that begins, unless another request has just done so."""
    values = {
        "sid": new.sid,
        "clinic_id": new.clinic_id,
        "contact_id": new.contact_id,
        "phone": new.phone,
        "language": new.language,
        "direction": new.direction,
        "reminder_id": new.reminder_id,
        "attempt": new.attempt,
        "answered_by": new.answered_by,
        "state": "",
        "turn": 0,
        "status": "in-progress",
        "started_at": now,
    }
    making = insert_for(connection, Call).values(values).on_conflict_do_nothing()
    connection.execute(making)


def response_of(connection: Connection, sid: str, turn: int) -> str:
    """The stored answer of a turn, byte for byte."""
    return str(connection.execute(_RESPONSE, {"call": sid, "turn": turn}).scalar_one())


def store_call_turn(
    connection: Connection,
    sid: str,
    taken: TakenCallTurn,
    state: str,
    language: str,
    phone: str | None,
    now: dt.datetime,
) -> None:
    """Store a turn of a locked call, and the call as it is now."""
    kept = {
        "call": sid,
        "new_state": state,
        "new_turn": taken.number,
        "new_language": language,
        "new_phone": phone,
    }
    connection.execute(_KEEP, kept)
    row = {
        "call_sid": sid,
        "number": taken.number,
        "at": now,
        "said": taken.said,
        "kind": taken.kind,
        "labels": taken.labels,
        "rule": taken.rule,
        "reply": taken.reply,
        "response": taken.response,
    }
    connection.execute(_NEW_TURN, row)


def end_call(connection: Connection, sid: str, status: str, now: dt.datetime) -> None:
    """Store that a (locked) call is over."""
    connection.execute(update(_CALL).where(_CALL.c.sid == sid).values(status=status, ended_at=now))


def store_recording(
    connection: Connection, call_sid: str, new: NewRecording, now: dt.datetime
) -> bool:
    """Store a recording; false if it is stored already."""
    values = {
        "sid": new.sid,
        "call_sid": call_sid,
        "url": new.url,
        "seconds": new.seconds,
        "at": now,
    }
    making = insert_for(connection, Recording).values(values).on_conflict_do_nothing()
    return connection.scalar(making.returning(Recording.sid)) is not None
