"""The rows of one turn of a conversation: found, locked and stored in the fewest statements.

This is the path of every text that comes in, so its statements are built once, at import.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, bindparam, insert, select, update
from sqlalchemy.engine import Connection

from db.contacts import ContactState, make_contact
from db.models import Base

_TABLES: Final = Base.metadata.tables
_CLINIC: Final = _TABLES["clinic"].c
_CONTACT: Final = _TABLES["contact"].c
_TALK: Final = _TABLES["conversation"].c
_INBOUND: Final = _TABLES["inbound_text"]


@dataclass(frozen=True, slots=True)
class OpenTurn:
    """Whose text it is, locked; the conversation's stored state; the response if the text is one
    that was answered before."""

    clinic_id: str
    fingerprint: str
    contact: ContactState
    state: str | None
    response: str | None


@dataclass(frozen=True, slots=True)
class TakenTurn:
    """What is to be stored of a turn: the conversation's new state, the text, and its answer."""

    state: str
    sid: str
    body: str
    media: int
    kind: str
    labels: str
    rule: str
    reply: str
    response: str
    segments: int


_OF_SENDER: Final = and_(_CONTACT.clinic_id == _CLINIC.id, _CONTACT.phone == bindparam("sender"))
_EARLIER: Final = (
    select(_INBOUND.c.response).where(_INBOUND.c.sid == bindparam("sid")).scalar_subquery()
)
_ALL: Final = (
    select(
        _CLINIC.id,
        _CLINIC.fingerprint,
        _EARLIER,
        _TALK.state,
        *(_CONTACT[name] for name in ContactState.columns()),
    )
    .select_from(_TABLES["clinic"])
    .outerjoin(_TABLES["contact"], _OF_SENDER)
    .outerjoin(
        _TABLES["conversation"],
        and_(_TALK.contact_id == _CONTACT.id, _TALK.channel == bindparam("channel")),
    )
)
_LOCK: Final = (
    select(_CONTACT.id)
    .join(_TABLES["clinic"], _OF_SENDER)
    .with_for_update(key_share=True, of=_TABLES["contact"])
)
_BY_NUMBER: Final = _CLINIC.texting_number == bindparam("clinic")
_BY_ID: Final = _CLINIC.id == bindparam("clinic")
_FIND: Final = {True: _ALL.where(_BY_NUMBER), False: _ALL.where(_BY_ID)}
_FIND_LOCK: Final = {True: _LOCK.where(_BY_NUMBER), False: _LOCK.where(_BY_ID)}
_NEW_STATE: Final = insert(_TABLES["conversation"])
_STATE: Final = (
    update(_TABLES["conversation"])
    .where(_TALK.contact_id == bindparam("contact"), _TALK.channel == bindparam("by"))
    .values(state=bindparam("state"), updated_at=bindparam("updated_at"))
)
_TEXT: Final = insert(_INBOUND)


def open_turn(
    connection: Connection,
    clinic: str,
    sender: str,
    sid: str,
    channel: str,
    now: dt.datetime,
    *,
    by_number: bool = True,
) -> OpenTurn | None:
    """Find and lock what a text of `sender` concerns; `None` if there is no such clinic.

    `clinic` is the number that was texted or, without `by_number`, a clinic's id. A contact that is
    new is made. The lock comes before anything is read, so that what is read is what the turn
    before left behind.
    """
    wanted = {"clinic": clinic, "sender": sender}
    values = wanted | {"sid": sid, "channel": channel}
    is_locked = connection.dialect.name == "sqlite"  # its transactions lock all from the start
    if not is_locked:
        is_locked = connection.execute(_FIND_LOCK[by_number], wanted).one_or_none() is not None
    row = connection.execute(_FIND[by_number], values).one_or_none()
    if row is None:
        return None
    clinic_id, fingerprint, response, state, *contact = row
    if is_locked and contact[0] is not None:
        return OpenTurn(clinic_id, fingerprint, ContactState(*contact), state, response)
    # A contact that another text made just now is there, but not locked by us: once more, then.
    make_contact(connection, clinic_id, sender, now)
    return open_turn(connection, clinic, sender, sid, channel, now, by_number=by_number)


def store_turn(
    connection: Connection, opened: OpenTurn, taken: TakenTurn, channel: str, now: dt.datetime
) -> None:
    """Store a turn: the conversation as it is now, the text, what was made of it, the answer."""
    state = {"state": taken.state, "updated_at": now}
    contact_id = opened.contact.id
    if opened.state is None:
        values = {"contact_id": contact_id, "channel": channel, **state}
        connection.execute(_NEW_STATE, values)
    else:
        connection.execute(_STATE, {"contact": contact_id, "by": channel, **state})
    text = {
        "sid": taken.sid,
        "contact_id": contact_id,
        "at": now,
        "body": taken.body,
        "media": taken.media,
        "kind": taken.kind,
        "labels": taken.labels,
        "rule": taken.rule,
        "reply": taken.reply,
        "response": taken.response,
        "segments": taken.segments,
    }
    connection.execute(_TEXT, text)
