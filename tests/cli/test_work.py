"""What the commands show of reminders and tasks: for programs exactly, for people readably."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from sqlalchemy import select, text

from db.models import Appointment, Reminder
from db.reminders import note
from db.session import Database
from db.tasks import NewTask, open_task
from scheduler.policy import Reason
from tests.support.commands import flask, invoke
from tests.support.csv_files import NOW
from tests.support.data import CLINIC, STARTS_AT, booked, stored_clinic

KEYS = ["external_id", "kind", "channel", "due_at", "send_by", "status", "reason", "body"]


@pytest.fixture
def two(database: Database) -> Database:
    """A database with two booked appointments."""
    profile = stored_clinic(database)
    booked(database, profile, NOW)
    changes = {"external_id": "A-1002", "first_name": "José", "language": "es"}
    booked(database, profile, NOW, sms_consent=False, phone="+18285550199", **changes)
    return database


def listed(database: Database, *options: str) -> list[dict[str, Any]]:
    result = invoke("reminders", "list", "--json", *options, database_url=database.url)
    assert (result.exit_code, result.stderr) == (0, "")
    rows: list[dict[str, Any]] = json.loads(result.stdout)
    return rows


def test_the_list_has_the_promised_keys_and_times(two: Database) -> None:
    rows = listed(two, "--appointment", "A-1001")
    assert [list(row) for row in rows] == [KEYS] * 3
    day_before = next(row for row in rows if row["kind"] == "day_before")
    body = day_before.pop("body")
    assert day_before == {
        "external_id": "A-1001",
        "kind": "day_before",
        "channel": "sms",
        "due_at": "2026-11-30T15:00:00Z",
        "send_by": "2026-12-01T02:00:00Z",
        "status": "planned",
        "reason": None,
    }
    assert "Rosalind" in body
    assert "Tue, Dec 1" in body


def test_the_list_names_every_reminder_of_all_appointments_or_of_one(two: Database) -> None:
    rows = listed(two)
    assert [row["external_id"] for row in rows] == ["A-1001"] * 3 + ["A-1002"] * 3
    assert rows[:3] == listed(two, "--appointment", "A-1001")
    assert rows[3:] == listed(two, "--appointment", "A-1002")
    assert {(row["status"], row["reason"]) for row in rows[3:]} == {("skipped", "no_consent")}
    assert "José" in rows[3]["body"]
    assert listed(two, "--appointment", "no-such") == []


def test_the_list_follows_a_move_and_a_cancellation(two: Database) -> None:
    profile = stored_clinic(two)
    booked(two, profile, NOW, starts_at=STARTS_AT + dt.timedelta(days=1))
    rows = listed(two, "--appointment", "A-1001")
    assert [row["status"] for row in rows[:3]] == ["cancelled"] * 3
    assert [row["reason"] for row in rows[:3]] == ["moved"] * 3
    assert sorted(row["kind"] for row in rows[3:]) == [
        "day_before",
        "fasting_start",
        "moved",
        "week_before",
    ]


def test_a_reminder_that_went_out_shows_what_went_out(two: Database) -> None:
    with two.transaction() as session:
        sent = session.scalars(select(Reminder).where(Reminder.kind == "week_before")).first()
        assert sent is not None
        sent.status, sent.body, sent.next_at = "delivered", "As it was sent: ¿sí?", None
    row = listed(two, "--appointment", "A-1001")[0]
    assert (row["status"], row["body"]) == ("delivered", "As it was sent: ¿sí?")


def test_the_list_for_people_has_a_line_for_each(two: Database) -> None:
    result = invoke("reminders", "list", database_url=two.url)
    lines = result.stdout.splitlines()
    assert len(lines) == 6
    assert "A-1001  day_before  sms  2026-11-30T15:00:00Z  until 2026-12-01T02:00:00Z  planned" in (
        lines
    )
    assert lines[-1].endswith("skipped (no_consent)")
    assert "Rosalind" not in result.stdout


def test_tasks_are_listed_by_urgency_without_anything_personal(two: Database) -> None:
    with two.transaction() as session:
        session.execute(text("DELETE FROM task"))
        appointment = session.scalars(select(Appointment)).first()
        assert appointment is not None
        words = "My name is Rosalind, call 828 555 0173"
        for kind, urgency, reason, topic in (
            ("question", "normal", None, "prep.bring"),
            ("unreachable", "urgent", "no_consent", None),
            ("red_flag", "emergency", None, None),
        ):
            new = NewTask(CLINIC, kind, urgency, words, None, appointment.id, topic, reason)
            open_task(session, new, NOW)
        done = open_task(session, NewTask(CLINIC, "done", "emergency"), NOW)
        session.execute(text("UPDATE task SET done_at = created_at WHERE id = :id"), {"id": done})
    result = invoke("tasks", "list", "--json", database_url=two.url)
    rows = json.loads(result.stdout)
    assert [(row["urgency"], row["kind"], row["topic"]) for row in rows] == [
        ("emergency", "red_flag", None),
        ("urgent", "unreachable", None),
        ("normal", "question", "prep.bring"),
    ]
    assert rows[1]["reason"] == Reason.NO_CONSENT.words
    assert rows[0]["since"] == "2026-11-20T18:00:00Z"
    plain = invoke("tasks", "list", database_url=two.url).stdout
    assert len(plain.splitlines()) == 3
    assert "Rosalind" not in result.stdout + plain


def test_as_a_program_uses_it(sqlite_url: str) -> None:
    """The list as a process of its own: JSON alone on its output, nothing beside it."""
    database = Database(sqlite_url)
    booked(database, stored_clinic(database), NOW, first_name="José")
    database.close()
    done = flask("reminders", "list", "--json", env={"DATABASE_URL": sqlite_url})
    assert (done.returncode, done.stderr) == (0, "")
    rows = json.loads(done.stdout)
    assert [list(row) for row in rows] == [KEYS] * 3
    assert "José" in done.stdout


def test_only_what_is_due_and_open(two: Database) -> None:
    with two.transaction() as session:
        rows = session.scalars(select(Reminder).order_by(Reminder.id)).all()
        long_ago = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
        rows[0].next_at, rows[1].next_at = long_ago, dt.datetime(2999, 1, 1, tzinfo=dt.UTC)
        rows[2].status, rows[2].next_at = "delivered", None
    assert [row["kind"] for row in listed(two, "--due")] == ["week_before"]
    assert listed(two, "--due", "--appointment", "A-1002") == []


def test_why_tells_what_happened_in_the_clinics_time(two: Database) -> None:
    with two.transaction() as session:
        row = session.scalars(select(Reminder).order_by(Reminder.id)).first()
        assert row is not None
        note(session, row.id, "accepted", row.due_at)
        note(session, row.id, "report", row.due_at, "undelivered", 30003)
    result = invoke("reminders", "why", "A-1001", database_url=two.url)
    lines = result.stdout.splitlines()
    assert lines[0].startswith("week_before (date 1, sms): due Tue Nov 24 10:00 EST, useful until")
    assert lines[1:3] == [
        "    Tue Nov 24 10:00 EST  accepted",
        "    Tue Nov 24 10:00 EST  report: undelivered (error 30003)",
    ]
    assert lines[3] == "    now: planned for Tue Nov 24 10:00 EST"
    assert "Rosalind" not in result.stdout
    skipped = invoke("reminders", "why", "A-1002", database_url=two.url).stdout
    assert f"skipped since Fri Nov 20 13:00 EST. {Reason.NO_CONSENT.words}" in skipped


def test_why_of_an_unknown_appointment(two: Database) -> None:
    result = invoke("reminders", "why", "no-such", database_url=two.url)
    assert result.exit_code == 1
    assert "No appointment with the id no-such has reminders" in result.stderr
