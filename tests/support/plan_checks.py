"""What must hold of an appointment's reminders right after an import has changed it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from appointments import Change
from db.models import Appointment, Reminder
from profiles import Profile
from tests.support.policy_oracle import RULES, Step, rule_row


def assert_planned_rightly(
    profile: Profile,
    visit: Appointment,
    rows: Sequence[Reminder],
    change: Change,
    now: dt.datetime,
) -> None:
    """What waits belongs to the visit as it is now, at the right moments, and a change is told."""
    newest = {row.kind: row for row in rows if row.version == visit.version}
    waiting = [row for row in rows if row.status == "planned"]
    assert {row.version for row in waiting} <= {visit.version}
    if change is Change.CANCELLED:
        assert {row.kind for row in waiting} <= {"cancelled"}
        assert "cancelled" in newest or not rows or visit.starts_at <= now
        return
    late = any(row.reason == "booked_late" for row in newest.values())
    if visit.starts_at > now:
        assert ("moved" in newest) == (change is Change.MOVED)
        assert ("booked" in newest) == (change is Change.NEW and late)
    for kind in RULES:
        wanted = rule_row(profile, Step(now, visit.starts_at, visit.procedure), kind)
        row = newest.get(kind)
        assert (row is None) == (wanted is None)
        if row is not None and wanted is not None:
            assert (row.due_at, row.send_by) == (wanted.due_at, wanted.send_by)
