"""A reminder's story: when it was meant for, what happened, how it stands, in the clinic's time."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from db.models import Reminder, ReminderEvent
from scheduler.story import lines_of, story_of

AT = dt.datetime(2026, 11, 30, 15, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


def test_a_story_tells_all_that_happened() -> None:
    row = Reminder(
        id=7,
        kind="day_before",
        version=2,
        channel="sms",
        due_at=AT,
        send_by=AT + 660 * MINUTE,
        status="failed",
        reason="undelivered",
        settled_at=AT + 3 * MINUTE,
        next_at=None,
    )
    events = [
        ReminderEvent(reminder_id=7, at=AT, what="no_connection", detail=None, error_code=None),
        ReminderEvent(reminder_id=8, at=AT, what="accepted", detail=None, error_code=None),
        ReminderEvent(
            reminder_id=7, at=AT + MINUTE, what="refused", detail="unreachable", error_code=30003
        ),
    ]
    told = list(lines_of(story_of(row, events, ZoneInfo("America/New_York"))))
    state = "It was sent, but the patient's phone company did not deliver it."
    assert told == [
        "day_before (date 2, sms): due Mon Nov 30 10:00 EST, useful until Mon Nov 30 21:00 EST",
        "    Mon Nov 30 10:00 EST  no connection",
        "    Mon Nov 30 10:01 EST  refused: unreachable (error 30003)",
        f"    now: failed since Mon Nov 30 10:03 EST. {state}",
    ]
