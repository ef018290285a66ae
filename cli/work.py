"""Commands that look at the work: reminders and tasks."""

from __future__ import annotations

import datetime as dt
import json

import click
from sqlalchemy import select

from cli.common import plain_errors, ready_database
from db.clinics import Clinics
from db.models import Reminder, Task
from db.reminders import listed
from flows.library import default_library
from profiles import Profile
from scheduler.bodies import body_of
from scheduler.policy import Kind, Reason


@click.group("reminders")
def reminders_group() -> None:
    """Reminders and notices."""


@reminders_group.command("list")
@click.option("--appointment", "external_id", help="Only those of this appointment.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
@plain_errors
def reminders_list(external_id: str | None, *, as_json: bool) -> None:
    """List reminders: what goes out when, and what became of it. Times are UTC."""
    with ready_database() as database, database.reading() as session:
        profiles = Clinics().all(session)
        rows = [
            _described(row, profiles[row.appointment.clinic_id])
            for row in listed(session, external_id)
        ]
    if as_json:
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    for row in rows:
        reason = f" ({row['reason']})" if row["reason"] else ""
        click.echo(
            f"{row['external_id']}  {row['kind']}  {row['channel']}  {row['due_at']}  "
            f"until {row['send_by']}  {row['status']}{reason}"
        )


def _described(row: Reminder, profile: Profile) -> dict[str, str | None]:
    """A reminder for outsiders; one that has not gone out shows what it would say when due."""
    kind = Kind(row.kind)
    body = row.body or body_of(default_library(), profile, row.appointment, kind, row.due_at)
    return {
        "external_id": row.appointment.external_id,
        "kind": row.kind,
        "channel": row.channel,
        "due_at": utc_text(row.due_at),
        "send_by": utc_text(row.send_by),
        "status": row.status,
        "reason": row.reason,
        "body": body,
    }


def utc_text(moment: dt.datetime) -> str:
    """A moment as outsiders get it: ISO 8601 in UTC, with Z."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@click.group("tasks")
def tasks_group() -> None:
    """What coordinators must do."""


@tasks_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
@plain_errors
def tasks_list(*, as_json: bool) -> None:
    """List the open tasks, the most urgent first, without anything personal."""
    rank = {"emergency": 0, "urgent": 1, "normal": 2}
    with ready_database() as database, database.reading() as session:
        tasks = session.scalars(select(Task).where(Task.done_at.is_(None)).order_by(Task.id)).all()
        rows = [_task(task) for task in sorted(tasks, key=lambda task: rank[task.urgency])]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    for row in rows:
        click.echo("  ".join(str(value) for value in row.values() if value is not None))


def _task(task: Task) -> dict[str, str | int | None]:
    return {
        "id": task.id,
        "urgency": task.urgency,
        "kind": task.kind,
        "clinic": task.clinic_id,
        "topic": task.topic,
        "reason": Reason(task.reason).words if task.reason else None,
        "since": utc_text(task.created_at),
    }
