"""What is shown beforehand is what saving then plans and what the worker then sends."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from appointment_csv import AppointmentRow, Channel, RowStatus
from appointments import occasion_of, upsert
from carrier.segments import count
from db.clinics import store_profile
from db.contacts import ContactState, contact_of, lock_contact, set_contact
from db.models import Appointment, Reminder
from db.session import Database
from db.visits import visit_by_external_id
from flows.library import default_library
from profiles import Profile
from scheduler.bodies import body_of, occasioned, spoken_body
from scheduler.policy import Kind, Occasion, PlanStatus, Reason, next_opening
from scheduler.preview import Previewed, Proposed, preview, preview_of
from tests.support.csv_files import NOW
from tests.support.data import STARTS_AT, row, stored_clinic
from tests.support.stories import Story, stories
from tests.support.visits import make_profile

_numbers = itertools.count()
HOUR = dt.timedelta(hours=1)
wishes = st.fixed_dictionaries(
    {
        "channel": st.sampled_from(Channel),
        "sms_consent": st.booleans(),
        "voice_consent": st.booleans(),
    }
)
phones = st.fixed_dictionaries(
    {
        "opted_out_at": st.sampled_from((None, None, NOW)),
        "textable": st.booleans(),
        "reachable": st.sampled_from((True, True, False)),
    }
)


def proposed_by(line: AppointmentRow, contact: ContactState | None) -> Proposed:
    return Proposed(
        first_name=line.first_name,
        language=line.language,
        channel=line.channel.value,
        sms_consent=line.sms_consent,
        voice_consent=line.voice_consent,
        procedure=line.procedure,
        starts_at=line.starts_at,
        contact=contact,
    )


def seen(message: Previewed) -> tuple[object, ...]:
    planned = message.planned
    return (
        planned.kind.value,
        message.channel.value,
        planned.due_at,
        planned.send_by,
        planned.status.value,
        planned.reason.value if planned.reason else None,
    )


def stored(reminder: Reminder) -> tuple[object, ...]:
    return (
        reminder.kind,
        reminder.channel,
        reminder.due_at,
        reminder.send_by,
        reminder.status,
        reminder.reason,
    )


def check_step(
    database: Database, profile: Profile, line: AppointmentRow, now: dt.datetime
) -> None:
    with database.transaction() as session:
        visit = visit_by_external_id(session, profile.id, line.external_id)
        occasion = occasion_of(profile, visit, line)
        contact = contact_of(session, profile.id, line.phone)
        shown: tuple[Previewed, ...] = ()
        if occasion is not None:
            proposed = proposed_by(line, contact)
            shown = preview(default_library(), profile, proposed, occasion, now)
        session.expire_all()
        upsert(session, profile, line, now)
        session.flush()
        made = session.scalars(
            select(Reminder)
            .join(Reminder.appointment)
            .where(Reminder.clinic_id == profile.id, Reminder.created_at == now)
        ).all()
        assert sorted(map(seen, shown)) == sorted(map(stored, made))
        for each in shown:
            check_body(profile, each, next(r for r in made if r.kind == each.kind))


def check_body(profile: Profile, shown: Previewed, reminder: Reminder) -> None:
    about = occasioned(reminder.appointment)
    if shown.waits_for is None and shown.obstacle is None:
        assert shown.at == reminder.due_at
        words = spoken_body if shown.channel.value == "voice" else body_of
        body = words(default_library(), profile, about, Kind(reminder.kind), reminder.due_at)
        assert shown.body == body
    assert shown.segments == count(shown.body)
    assert (shown.obstacle is None) <= (reminder.status == "planned")


@pytest.fixture
def examples(database: Database) -> int:
    """On PostgreSQL fewer: the rows come from the same code."""
    return 150 if database.is_sqlite else 30


def test_the_preview_is_what_saving_plans(database: Database, examples: int) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(story=stories(), how=wishes, phone=st.none() | phones)
    def each(story: Story, how: dict[str, object], phone: dict[str, Any] | None) -> None:
        profile = msgspec.structs.replace(story.profile, id=f"preview-{next(_numbers)}")
        start = story.steps[0].now
        with database.transaction() as session:
            store_profile(session, profile, start)
            if phone is not None:
                contact = lock_contact(session, profile.id, row().phone, start)
                set_contact(session, contact.id, **phone)
        for number, step in enumerate(story.steps):
            line = row(
                clinic=profile.id,
                starts_at=step.starts_at,
                procedure=step.procedure,
                language=story.language,
                status=RowStatus.CANCELLED if step.cancelled else RowStatus.SCHEDULED,
                **how,
            )
            check_step(database, profile, line, step.now + number * dt.timedelta(microseconds=1))

    each()


def test_open_messages_are_shown_as_they_would_be_said(database: Database) -> None:
    profile = stored_clinic(database)
    with database.transaction() as session:
        upsert(session, profile, row(), NOW)
        session.flush()
        visit = session.scalars(select(Appointment)).one()
        first = preview(default_library(), profile, proposed_by(row(), None), Occasion.BOOKED, NOW)
    renamed = replace(proposed_by(row(), None), first_name="Inés", language="es")
    planned = [each.planned for each in first]
    again = preview_of(default_library(), profile, renamed, planned, NOW + HOUR)
    assert [each.planned for each in again] == planned
    for each in again:
        assert "Inés" in each.body
        assert each.language == "es"
    silent = replace(renamed, sms_consent=False)
    shut = preview_of(default_library(), profile, silent, planned, NOW + HOUR)
    assert {each.obstacle for each in shut} == {Reason.NO_CONSENT}
    assert visit.status == "scheduled"


def test_what_waits_says_until_when() -> None:
    profile = make_profile()
    until = NOW + 2 * HOUR
    contact = ContactState(1, profile.id, "+18285550173", None, None, until, True, True)
    proposed = proposed_by(row(clinic=profile.id), contact)
    shown = preview(default_library(), profile, proposed, Occasion.MOVED, NOW)
    notice = next(each for each in shown if each.kind is Kind.MOVED)
    assert (notice.at, notice.waits_for, notice.obstacle) == (until, Reason.HELD, None)
    night = dt.datetime(2026, 11, 21, 4, 0, tzinfo=dt.UTC)
    free = proposed_by(row(clinic=profile.id), None)
    shown = preview(default_library(), profile, free, Occasion.MOVED, night)
    notice = next(each for each in shown if each.kind is Kind.MOVED)
    assert notice.at == next_opening(profile, night)
    assert notice.planned.status is PlanStatus.PLANNED
    assert notice.at < STARTS_AT
