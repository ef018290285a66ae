"""The demo's appointments: a believable patient whose reminder is due the moment it starts."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from dataclasses import dataclass
from typing import Final

import click
from sqlalchemy import select

from appointment_csv import AppointmentRow, Channel, RowStatus
from appointments import upsert
from cli.common import plain_errors, ready_database, ready_settings
from cli.demo_morning import make_morning, sign_in_links
from cli.demo_past import RememberedCarrier
from cli.work import utc_text
from db.clinics import Clinics
from db.models import Appointment, Reminder
from db.session import Database
from flows.library import default_library
from profiles import Profile
from scheduler.call_reports import record_call_heard
from scheduler.clocks import wall_clock
from scheduler.dispatch import CallDesk, Dispatcher

_WITH_ADDRESS: Final = frozenset({"DATABASE_URL", "PUBLIC_BASE_URL"})
_CLINIC: Final = "ara-health"
_OTHER_CLINIC: Final = "iowa-radiology"
_VISIT: Final = dt.time(9, 30)
_LATER: Final = dt.timedelta(minutes=90)
_BOOKED_BEFORE: Final = dt.timedelta(days=8)
_DAY_BEFORE_GOES: Final = dt.time(10, 0)
_LATEST: Final = dt.time(20, 45)  # leaves the reminder a quarter of an hour before the night


@dataclass(frozen=True, slots=True)
class _Sample:
    first_name: str
    language: str
    phone: str
    is_called: bool = False


# The numbers are of the kind set aside for stories; each is a phone on the demo's phone page.
_PATIENTS: Final = (
    _Sample("Mary", "en", "+18285550142"),
    _Sample("José", "es", "+18285550164"),
    _Sample("Ruth", "en", "+18285550171"),
    _Sample("Carmen", "es", "+18285550188"),
)
_HAROLD: Final = _Sample("Harold", "en", "+18285550197", is_called=True)
_WALTER: Final = _Sample("Walter", "en", "+15155550133")


@click.group("demo", hidden=True)
def demo_group() -> None:
    """The demo's data."""


@demo_group.command("morning")
@plain_errors
def demo_morning() -> None:
    """Fill the coordinators' site with the work of the days before now, once for each day, and
    then do as `seed` does.

    Prints a one-time link for each of the demo's accounts as well.
    """
    with ready_settings(_WITH_ADDRESS) as (database, settings):
        with database.reading() as session:
            now = _reminder_time(Clinics().all(session)[_CLINIC], wall_clock())
        make_morning(database, now)
        links = sign_in_links(database, settings.public_base_url, now)
        seeded = _seeded(database)
    click.echo(json.dumps(seeded | {"links": links}))


@demo_group.command("seed")
@plain_errors
def demo_seed() -> None:
    """Book a visit for tomorrow whose day-before reminder is due now.

    Patients are never texted at night. Where it is night at the clinic (or too early for the
    reminder) app and worker are to run on a clock that shows the next morning; that moment is
    printed.
    """
    with ready_database() as database:
        seeded = _seeded(database)
    click.echo(json.dumps(seeded))


def _seeded(database: Database) -> dict[str, object]:
    """Book the visits; what there is to say, and what the demo's clock is to show if not now."""
    with database.reading() as session:
        profiles = Clinics().all(session)
    profile = profiles[_CLINIC]
    real = wall_clock()
    moment = _reminder_time(profile, real)
    _book_elsewhere(database, profiles[_OTHER_CLINIC], moment)
    patient = _book(database, profile, moment)
    say = (
        f"{patient.first_name}'s reminder for tomorrow's visit is on its way to their phone; "
        f"{_HAROLD.first_name} gets his as a call."
    )
    if moment == real:
        return {"now": None, "say": say}
    say += (
        f" At {profile.name} it is {real.astimezone(profile.zone):%H:%M}, and Prepline texts "
        f"nobody at such an hour; so the whole demo runs on a clock that shows "
        f"{moment.astimezone(profile.zone):%A %H:%M}."
    )
    return {"now": utc_text(moment), "say": say}


def _reminder_time(profile: Profile, real: dt.datetime) -> dt.datetime:
    """Now, if the day-before reminder may go out now; else the next time that it may, UTC."""
    local = real.astimezone(profile.zone)
    if _DAY_BEFORE_GOES <= local.time() <= _LATEST:
        return real
    day = local.date() + dt.timedelta(days=int(local.time() > _LATEST))
    return dt.datetime.combine(day, _DAY_BEFORE_GOES, profile.zone).astimezone(dt.UTC)


def _book(database: Database, profile: Profile, moment: dt.datetime) -> _Sample:
    """Book tomorrow's visit for a patient who has none, as it would have been 8 days ago."""
    tomorrow = moment.astimezone(profile.zone).date() + dt.timedelta(days=1)
    starts_at = dt.datetime.combine(tomorrow, _VISIT, profile.zone).astimezone(dt.UTC)
    with database.transaction() as session:
        taken = set(
            session.scalars(
                select(Appointment.external_id)
                .join(Reminder, Reminder.appointment_id == Appointment.id)
                .where(Reminder.kind == "day_before", Reminder.sent_at.is_not(None))
            )
        )
        free = [p for p in _PATIENTS if _external_id(p, tomorrow) not in taken]
        patient = free[0] if free else _PATIENTS[-1]
        external_id = _external_id(patient, tomorrow)
        if not free:
            external_id += f"-{uuid.uuid4().hex[:6]}"
        row = _row(patient, external_id, starts_at)
        upsert(session, profile, row, moment - _BOOKED_BEFORE)
        called = _external_id(_HAROLD, tomorrow)
        if session.scalar(select(Appointment.id).where(Appointment.external_id == called)) is None:
            at_eleven = starts_at + _LATER
            upsert(session, profile, _row(_HAROLD, called, at_eleven), moment - _BOOKED_BEFORE)
    _live_through_last_week(database, profile, tomorrow)
    return patient


def _book_elsewhere(database: Database, profile: Profile, moment: dt.datetime) -> None:
    """A visit in three weeks at the other sample clinic; booked once, whatever the day."""
    day = moment.astimezone(profile.zone).date() + dt.timedelta(days=21)
    starts_at = dt.datetime.combine(day, _VISIT, profile.zone).astimezone(dt.UTC)
    external_id = f"DEMO-{_WALTER.phone[-4:]}"
    with database.transaction() as session:
        known = session.scalar(select(Appointment.id).where(Appointment.external_id == external_id))
        if known is None:
            upsert(session, profile, _row(_WALTER, external_id, starts_at, profile.id), moment)


def _external_id(patient: _Sample, day: dt.date) -> str:
    return f"DEMO-{day:%Y%m%d}-{patient.phone[-4:]}"


def _row(
    patient: _Sample, external_id: str, starts_at: dt.datetime, clinic: str = _CLINIC
) -> AppointmentRow:
    return AppointmentRow(
        row=1,
        external_id=external_id,
        clinic=clinic,
        first_name=patient.first_name,
        last_name="Sample",
        date_of_birth=dt.date(1948, 5, 17),
        phone=patient.phone,
        language=patient.language,
        procedure="kyphoplasty",
        starts_at=starts_at,
        channel=Channel.VOICE if patient.is_called else Channel.AUTO,
        status=RowStatus.SCHEDULED,
        sms_consent=True,
        voice_consent=patient.is_called,
    )


def _live_through_last_week(database: Database, profile: Profile, visit: dt.date) -> None:
    """Send the week-before reminder on its day, so that today only the day-before one is due."""
    day = visit - dt.timedelta(days=7)
    then = dt.datetime.combine(day, dt.time(12, 0), profile.zone).astimezone(dt.UTC)
    parts = (
        database,
        RememberedCarrier({}),
        default_library(),
        Clinics(),
        "http://127.0.0.1/sms/status",
    )
    dispatcher = Dispatcher(*parts, desk=CallDesk("http://127.0.0.1/voice", None))
    dispatcher.run(lambda: then)
    with database.transaction() as session:  # the calls were heard: nobody is to be phoned for them
        query = select(Reminder).where(Reminder.channel == "voice", Reminder.status == "sent")
        for row in session.scalars(query).all():
            ids = (row.id, row.attempts, row.sid or "")
            record_call_heard(session, Clinics(), *ids, "message", then)
            row.started_at = then  # else the next call would wait, as after one of a minute ago
