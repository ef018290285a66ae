"""Calls of ours about a booked visit, as the worker places them."""

from __future__ import annotations

from sqlalchemy import select, update

from db.models import Reminder
from db.session import Database
from emulator.voice_request import CallRequest
from tests.support.web import CLINIC_NUMBER, PATIENT, PUBLIC


def under_way(database: Database, appointment: int, kind: str = "day_before") -> int:
    """Bring a visit's reminder to where its call has been placed; the reminder's id."""
    with database.transaction() as session:
        chosen = (Reminder.appointment_id == appointment, Reminder.kind == kind)
        reminder = session.scalars(select(Reminder.id).where(*chosen)).one()
        values = {"status": "sending", "attempts": 1, "channel": "voice"}
        session.execute(update(Reminder).where(Reminder.id == reminder).values(values))
        return reminder


def reminder_request(
    reminder: int,
    attempt: int = 1,
    to: str = PATIENT,
    line: str = CLINIC_NUMBER,
    fallback: str = f"{PUBLIC}/voice/fallback",
) -> CallRequest:
    """The call that is placed for a reminder."""
    query = f"r={reminder}&a={attempt}"
    return CallRequest(
        to=to,
        from_=line,
        url=f"{PUBLIC}/voice/reminder?{query}",
        status_callback=f"{PUBLIC}/voice/status?{query}",
        fallback=(fallback, "POST"),
        machine_detection="DetectMessageEnd",
    )
