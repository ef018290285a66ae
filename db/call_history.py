"""The calls with a phone, as they are looked back at: each begun, taken turn by turn, recorded.

Each function is one statement and gives the newest first. What was keyed in as a date of birth is
not there: it is never stored.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, defer

from db.call_models import Call, CallTurnRow, Recording
from db.models import Contact


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


def recordings_with(
    session: Session, contact: Contact, before: dt.datetime, limit: int
) -> Sequence[Recording]:
    """The voice messages left in those calls."""
    query = (
        select(Recording)
        .join(Call, Call.sid == Recording.call_sid)
        .where(Call.contact_id == contact.id, Recording.at < before)
        .order_by(Recording.at.desc(), Recording.sid)
        .limit(limit)
    )
    return session.scalars(query).all()
