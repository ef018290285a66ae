"""What the demo books: at any hour one reminder that is due at once, and nothing to see to."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from sqlalchemy import select

import cli.demo
from db.clinics import store_profile
from db.models import Appointment, Reminder, Task
from db.session import Database
from scheduler.policy import in_window
from tests.support.commands import invoke
from tests.support.csv_files import sample_profiles
from tests.support.visits import local

HOURS = [0, 3, 7, 8, 9, 10, 12, 15, 20, 21, 23]


def seed(database: Database, monkeypatch: pytest.MonkeyPatch, now: dt.datetime) -> dt.datetime:
    """Run the command at `now`; the moment that the demo's clocks are to show."""
    with database.transaction() as session:
        for profile in sample_profiles().values():
            store_profile(session, profile, now)
    monkeypatch.setattr(cli.demo, "wall_clock", lambda: now)
    result = invoke("demo", "seed", database_url=database.url)
    assert result.exit_code == 0, result.output
    shown = json.loads(result.stdout.strip().rpartition("\n")[2])["now"]
    return now if shown is None else dt.datetime.fromisoformat(shown)


@pytest.mark.parametrize("hour", HOURS)
def test_a_reminder_is_due_at_once_and_may_go_out(
    database: Database, monkeypatch: pytest.MonkeyPatch, hour: int
) -> None:
    moment = seed(database, monkeypatch, local(f"2026-11-20T{hour:02d}:30"))
    assert in_window(sample_profiles()["ara-health"], moment)
    with database.reading() as session:
        query = select(Reminder).join(Appointment).where(Appointment.clinic_id == "ara-health")
        rows = session.scalars(query).all()
        assert session.scalars(select(Task)).all() == []
    for channel in ("sms", "voice"):
        mine = {row.kind: row for row in rows if row.channel == channel}
        states = {kind: row.status for kind, row in mine.items()}
        last_week = "sent" if channel == "sms" else "delivered"
        wanted = {"week_before": last_week, "day_before": "planned", "fasting_start": "planned"}
        assert states == wanted, channel
        assert mine["day_before"].due_at <= moment < mine["day_before"].send_by


def test_each_start_has_a_reminder_of_its_own(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for start in range(6):
        moment = seed(database, monkeypatch, local(f"2026-11-20T12:{start:02d}"))
        with database.transaction() as session:
            due = session.scalars(
                select(Reminder).where(Reminder.status == "planned", Reminder.due_at <= moment)
            ).all()
            assert [row.channel for row in due] == ["sms", "voice"][: 1 + (start == 0)]
            for row in due:
                row.status, row.sent_at, row.next_at = "delivered", moment, None
