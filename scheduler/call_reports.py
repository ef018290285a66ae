"""Reports on our reminder calls: who answered, whether they heard it, and how the call ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final, Literal

from sqlalchemy.orm import Session

from db.clinics import Clinics
from db.models import Reminder
from db.reminders import lock_with_contact, settle

_OPEN: Final = frozenset({"planned", "sending", "sent", "in_doubt"})


def record_call_answered(
    session: Session,
    clinics: Clinics,  # noqa: ARG001 - as its callers give it
    reminder_id: int,
    attempt: int,
    sid: str,
    answered_by: str,
    now: dt.datetime,
) -> Reminder | None:
    """A call of ours is answered: the reminder to tell, with its contact locked; `None` if it is
    not to be told any more, for it is not the current attempt or the visit has changed."""
    row = lock_with_contact(session, reminder_id, now)
    if row is None or row.attempts != attempt or row.status not in _OPEN:
        return None
    if row.version != row.appointment.version or row.appointment.status != "scheduled":
        return None
    row.sid, row.carrier_status = sid, answered_by or "answered"
    return row


def record_call_heard(
    session: Session,
    clinics: Clinics,  # noqa: ARG001 - as its callers give it
    reminder_id: int,
    attempt: int,
    sid: str,
    how: Literal["key", "message"],
    now: dt.datetime,
) -> None:
    """The reminder has reached the patient, who pressed a key or spoke, or their machine."""
    row = lock_with_contact(session, reminder_id, now)
    if row is not None and row.attempts == attempt and row.sid == sid and row.status in _OPEN:
        row.sent_at = row.sent_at or now
        row.carrier_status = how
        settle(row, "delivered", None, now)


def record_call_status(
    session: Session,
    clinics: Clinics,
    args: Mapping[str, str],
    form: Mapping[str, str],
    now: dt.datetime,
) -> None:
    """Take the carrier's report on a call of ours in; `args` are those of the signed address."""
