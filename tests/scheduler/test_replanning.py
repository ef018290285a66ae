"""A clinic changes its reminder rules: what is open follows, what went out stays."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from sqlalchemy import delete, select, update

from appointments import replan_clinic
from db.models import Reminder
from db.session import Database
from profiles import CalendarRule, ReminderRules
from scheduler.clocks import wall_clock
from tests.support.commands import invoke
from tests.support.csv_files import NOW, ROOT
from tests.support.data import booked, stored_clinic
from tests.support.visits import local

ARA = (ROOT / "clinics" / "ara-health.yaml").read_text(encoding="utf-8")
SIX_DAYS = ARA.replace("days_before: 7 ", "days_before: 6 ")
FAR = dt.timedelta(days=30)


def load(database: Database, folder: Path, text: str) -> str:
    file = folder / "clinic.yaml"
    file.write_text(text, encoding="utf-8")
    result = invoke("clinics", "load", str(file), database_url=database.url)
    assert result.exit_code == 0, result.output
    return result.stdout


def rows(database: Database) -> dict[str, Reminder]:
    with database.reading() as session:
        return {row.kind: row for row in session.scalars(select(Reminder))}


def far_ahead(database: Database) -> dict[str, Reminder]:
    """A visit whose reminders all lie ahead of the real time."""
    booked(database, stored_clinic(database), wall_clock(), starts_at=wall_clock() + FAR)
    return rows(database)


def test_open_reminders_get_their_new_moments(database: Database, tmp_path: Path) -> None:
    before = far_ahead(database)
    assert "1 reminders have new times." in load(database, tmp_path, SIX_DAYS)
    after = rows(database)
    day_later = after["week_before"].due_at - before["week_before"].due_at
    assert abs(day_later - dt.timedelta(days=1)) <= dt.timedelta(hours=1)
    assert after["week_before"].next_at == after["week_before"].due_at
    assert after["day_before"].due_at == before["day_before"].due_at


def test_what_has_gone_out_stays(database: Database, tmp_path: Path) -> None:
    before = far_ahead(database)
    with database.transaction() as session:
        session.execute(update(Reminder).values(status="delivered", next_at=None))
    assert load(database, tmp_path, SIX_DAYS) == "ara-health: changed\n"
    assert rows(database)["week_before"].due_at == before["week_before"].due_at


def test_a_kind_without_a_rule_is_cancelled_and_a_new_one_is_planned(database: Database) -> None:
    booked(database, stored_clinic(database), NOW)
    profile = stored_clinic(database)
    rules = profile.reminders
    without = stored_clinic(database, reminders=ReminderRules(None, rules.day_before, None))
    assert replan_clinic(database, without.id, NOW) == 2
    after = rows(database)
    assert (after["week_before"].status, after["week_before"].reason) == (
        *("cancelled", "rules_changed"),
    )
    assert after["day_before"].status == "planned"
    with database.transaction() as session:
        session.execute(delete(Reminder).where(Reminder.kind == "fasting_start"))
    stored_clinic(database)
    assert replan_clinic(database, profile.id, NOW) >= 1
    assert rows(database)["fasting_start"].status == "planned"


def test_one_for_which_the_new_rule_comes_too_late_keeps_its_moment(database: Database) -> None:
    profile = stored_clinic(database)
    booked(database, profile, NOW)
    before = rows(database)["day_before"].due_at
    rules = profile.reminders
    earlier = CalendarRule(days_before=3, useful_until=dt.time(21, 0))
    changed = stored_clinic(
        database,
        reminders=ReminderRules(rules.week_before, earlier, rules.fasting_start),
    )
    replan_clinic(database, changed.id, local("2026-11-29T12:00"))
    row = rows(database)["day_before"]
    assert (row.due_at, row.status) == (before, "planned")
