"""Conversations as they are stored, read and put there by tests."""

from __future__ import annotations

import datetime as dt

import msgspec
from sqlalchemy.orm import Session

from db.models import Conversation
from flows.model import Session as Talk


def stored_talk(session: Session, contact_id: int, channel: str = "sms") -> Talk | None:
    """A contact's conversation by one channel."""
    row = session.get(Conversation, (contact_id, channel))
    return None if row is None else msgspec.json.decode(row.state, type=Talk)


def store_talk(session: Session, contact_id: int, talk: Talk, now: dt.datetime) -> None:
    """Put a contact's conversation by text where the app will find it."""
    state = msgspec.json.encode(talk).decode()
    session.merge(Conversation(contact_id=contact_id, channel="sms", state=state, updated_at=now))
