"""Commands that look at the work: reminders and tasks."""

from __future__ import annotations

import datetime as dt
import json

import click
from sqlalchemy import select

from admin import task_words
from cli.common import plain_errors, ready_database
from db.clinics import Clinics
from db.models import Reminder, Task
from db.reminders import events_of, listed
from flows.library import default_library
from profiles import Profile
from scheduler.bodies import body_of, occasioned, spoken_body
from scheduler.channel import Channel
from scheduler.clocks import wall_clock
from scheduler.policy import Kind
from scheduler.story import lines_of, story_of


@click.group("reminders")
def reminders_group() -> None:
    """Reminders and notices."""


@reminders_group.command("list")
@click.option("--appointment", "external_id", help="Only those of this appointment.")
@click.option("--due", "only_due", is_flag=True, help="Only those that are due and open.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
@plain_errors
def reminders_list(external_id: str | None, *, only_due: bool, as_json: bool) -> None:
    """List reminders: what goes out when, and what became of it. Times are UTC."""
    due_by = wall_clock() if only_due else None
    with ready_database() as database, database.reading() as session:
        profiles = Clinics().all(session)
        rows = [
            _described(row, profiles[row.clinic_id]) for row in listed(session, external_id, due_by)
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


@reminders_group.command("why")
@click.argument("external_id")
@plain_errors
def reminders_why(external_id: str) -> None:
    """Say of each reminder of an appointment what it is, when it was meant for, and what happened.

    Times are the clinic's.
    """
    with ready_database() as database, database.reading() as session:
        profiles = Clinics().all(session)
        rows = listed(session, external_id)
        if not rows:
            raise click.ClickException(
                f"No appointment with the id {external_id} has reminders. Check the id."
            )
        events = events_of(session, [row.id for row in rows])
        for row in rows:
            story = story_of(row, events, profiles[row.clinic_id].zone)
            click.echo("\n".join(lines_of(story)))


def _described(row: Reminder, profile: Profile) -> dict[str, str | None]:
    """A reminder for outsiders; one that has not gone out shows what it would say when due."""
    kind = Kind(row.kind)
    words = spoken_body if row.channel == Channel.VOICE else body_of
    body = row.body or words(
        default_library(), profile, occasioned(row.appointment), kind, row.due_at
    )
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
        "reason": task_words.reason(task) if task.reason else None,
        "since": utc_text(task.created_at),
    }
