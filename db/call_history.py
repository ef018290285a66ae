"""The calls with a phone, as they are looked back at: each begun, taken turn by turn, recorded.

Each function is one statement; those about a phone give the newest first. What was keyed in as a
date of birth is not there: it is never stored.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, defer

from db.call_models import Call, CallTurnRow, Recording
from db.models import Contact, Task
from flows.model import TaskKind


def calls_with(
    session: Session, contact: Contact, before: dt.datetime, limit: int
) -> Sequence[tuple[Call, str]]:
    """Calls that began before a moment, each with the rule of its last turn (empty for none)."""
    last = and_(CallTurnRow.call_sid == Call.sid, CallTurnRow.number == Call.turn)
    query = (
        select(Call, CallTurnRow.rule)
        .outerjoin(CallTurnRow, last)
        .where(Call.contact_id == contact.id, Call.started_at < before)
        .order_by(Call.started_at.desc(), Call.sid)
        .limit(limit)
    )
    return [(call, rule or "") for call, rule in session.execute(query)]


def turns_with(
    session: Session, contact: Contact, before: dt.datetime, limit: int
) -> Sequence[CallTurnRow]:
    """The turns of those calls."""
    query = (
        select(CallTurnRow)
        .join(Call, Call.sid == CallTurnRow.call_sid)
        .where(Call.contact_id == contact.id, CallTurnRow.at < before)
        .options(defer(CallTurnRow.response))
        .order_by(CallTurnRow.at.desc(), CallTurnRow.number.desc())
        .limit(limit)
    )
    return session.scalars(query).all()


@dataclass(frozen=True, slots=True)
class VoiceMessage:
    """A voice message: the carrier's id of it, when it was left (UTC) and how many seconds it
    takes. People find it by its task and its place among that call's messages, from 1."""

    sid: str
    at: dt.datetime
    seconds: int
    task_id: int | None
    place: int


_PLACE: Final = func.row_number().over(
    partition_by=Recording.call_sid, order_by=(Recording.at, Recording.sid)
)
_TASK: Final = (
    select(func.min(Task.id))
    .where(Task.call_sid == Recording.call_sid, Task.kind == TaskKind.VOICEMAIL.value)
    .scalar_subquery()
)
_MESSAGES: Final = select(Recording.sid, Recording.at, Recording.seconds, _TASK, _PLACE)


def voice_messages_with(
    session: Session, contact: Contact, before: dt.datetime, limit: int
) -> Sequence[VoiceMessage]:
    """The voice messages left in those calls."""
    query = (
        _MESSAGES.join(Call, Call.sid == Recording.call_sid)
        .where(Call.contact_id == contact.id, Recording.at < before)
        .order_by(Recording.at.desc(), Recording.sid)
        .limit(limit)
    )
    return [VoiceMessage(*row) for row in session.execute(query)]


def voice_messages_of(session: Session, task: Task) -> Sequence[VoiceMessage]:
    """The voice messages that a task is about, the oldest first; mostly one."""
    if task.kind != TaskKind.VOICEMAIL or task.call_sid is None:
        return []
    query = _MESSAGES.where(Recording.call_sid == task.call_sid)
    query = query.order_by(Recording.at, Recording.sid)
    return [VoiceMessage(*row) for row in session.execute(query)]
