"""What members of staff have begun to write, so that no end of a session takes it from them.

Whoever keeps or forgets something locks the contact or the task that it is about.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from db.models import UnsentText

KEPT: Final = dt.timedelta(days=1)
"""How long it is kept: it is about patients, and tomorrow it may be wrong."""


@dataclass(frozen=True, slots=True)
class Box:
    """Who is writing where: in the conversation with a contact, or among the notes of a task."""

    staff_id: int
    contact_id: int | None = None
    task_id: int | None = None


def keep(session: Session, box: Box, body: str, now: dt.datetime) -> None:
    """Keep what stands in a box now; an empty one is forgotten."""
    if not body.strip():
        forget(session, box)
        return
    row = session.scalar(_of(box))
    if row is None:
        row = UnsentText(staff_id=box.staff_id, contact_id=box.contact_id, task_id=box.task_id)
        session.add(row)
    row.body, row.written_at = body, now


def kept(session: Session, box: Box, now: dt.datetime) -> UnsentText | None:
    """What its writer has left in a box during the last day."""
    return session.scalar(_of(box).where(UnsentText.written_at > now - KEPT))


def forget(session: Session, box: Box) -> None:
    """It was sent, stored or given up."""
    row = session.scalar(_of(box))
    if row is not None:
        session.delete(row)


def delete_old(session: Session, now: dt.datetime) -> None:
    """Delete what is older than a day."""
    session.execute(delete(UnsentText).where(UnsentText.written_at <= now - KEPT))


def _of(box: Box) -> Select[UnsentText]:
    return select(UnsentText).where(
        UnsentText.staff_id == box.staff_id,
        UnsentText.contact_id == box.contact_id,
        UnsentText.task_id == box.task_id,
    )
