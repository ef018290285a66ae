"""What would go out if an appointment were saved as it is typed, and what is to come as it stands.

The decisions are those of `appointments` and `scheduler`; here their inputs are gathered.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from admin.appointment_form import AppointmentForm
from admin.appointment_words import Message, message_words
from admin.words import gettext as _
from appointment_csv import AppointmentRow
from appointments import occasion_of
from db.contacts import ContactState, contact_of
from db.models import Appointment, Reminder
from db.visits import reminders_of
from flows.library import default_library
from profiles import Profile
from scheduler.planning_again import can_come_back
from scheduler.policy import Kind, Occasion, PlannedReminder, PlanStatus, Reason
from scheduler.preview import Previewed, Proposed, preview, preview_of


@dataclass(frozen=True, slots=True)
class Preview:
    """The messages of an appointment in words. `unclear` says what is missing to know them."""

    messages: Sequence[Message] = ()
    taken_back: int = 0
    is_new_plan: bool = True
    chosen_language: str = ""
    unclear: str = ""


def typed_preview(
    db: Session,
    profile: Profile,
    form: AppointmentForm,
    visit: Appointment | None,
    now: dt.datetime,
) -> Preview:
    """The messages if the form were saved now; of a new appointment, or of `visit` changed."""
    row = form.draft(profile, visit.external_id if visit else "")
    if row is None:
        unclear = [*form.clock.errors, *form.which.errors] if form.clock.data else []
        return Preview(unclear=str(unclear[0]) if unclear else _("Enter the day and the time."))
    coming = coming_messages(db, profile, row, visit, now)
    contact = contact_of(db, profile.id, row.phone) if row.phone else None
    spoken = language_of(row, visit, contact)
    is_new_plan = occasion_of(profile, visit, row) is not None
    taken_back = len(open_reminders(db, visit)) if visit and is_new_plan else 0
    return Preview(
        messages=[message_words(each, profile.zone, now) for each in coming],
        taken_back=taken_back,
        is_new_plan=is_new_plan,
        chosen_language=spoken if spoken != row.language else "",
    )


def coming_messages(
    db: Session,
    profile: Profile,
    row: AppointmentRow,
    visit: Appointment | None,
    now: dt.datetime,
) -> Sequence[Previewed]:
    """What saving a row would leave to be sent: a new plan, or what is open already, as it would
    be said then. Call it before saving."""
    contact = contact_of(db, profile.id, row.phone) if row.phone else None
    proposed = Proposed(
        first_name=row.first_name,
        language=language_of(row, visit, contact),
        channel=row.channel.value,
        sms_consent=row.sms_consent,
        voice_consent=row.voice_consent,
        procedure=row.procedure,
        starts_at=row.starts_at,
        contact=contact,
    )
    occasion = occasion_of(profile, visit, row)
    if occasion is not None:
        return preview(default_library(), profile, proposed, occasion, now)
    return preview_of(default_library(), profile, proposed, _still_ahead(db, visit, now), now)


def _still_ahead(db: Session, visit: Appointment | None, now: dt.datetime) -> list[PlannedReminder]:
    """What is open about an appointment's date, what a correction would have planned again, and
    what would be ahead but was given up for another reason."""
    if visit is None or visit.status != "scheduled":
        return []
    rows = reminders_of(db, [visit]).get(visit.id, ())
    is_given_up = (PlanStatus.SKIPPED, PlanStatus.MISSED)
    return [
        _planned(row, now)
        for row in rows
        if row.status == PlanStatus.PLANNED or (row.status in is_given_up and row.send_by > now)
    ]


def _planned(row: Reminder, now: dt.datetime) -> PlannedReminder:
    kind = Kind(row.kind)
    if can_come_back(row):
        return PlannedReminder(kind, max(row.due_at, now), row.send_by, PlanStatus.PLANNED)
    reason = Reason(row.reason) if row.reason else None
    return PlannedReminder(kind, row.due_at, row.send_by, PlanStatus(row.status), reason)


def cancelling(
    db: Session, profile: Profile, visit: Appointment, now: dt.datetime
) -> Sequence[Previewed]:
    """What cancelling an appointment would tell the patient."""
    patient = visit.patient
    proposed = Proposed(
        first_name=patient.first_name,
        language=patient.language,
        channel=patient.channel,
        sms_consent=patient.sms_consent,
        voice_consent=patient.voice_consent,
        procedure=visit.procedure,
        starts_at=visit.starts_at,
        contact=contact_of(db, profile.id, patient.phone),
    )
    return preview(default_library(), profile, proposed, Occasion.CANCELLED, now)


def open_reminders(db: Session, visit: Appointment | None) -> Sequence[Reminder]:
    """The messages about an appointment's date that are still to be sent."""
    if visit is None:
        return []
    rows = reminders_of(db, [visit]).get(visit.id, ())
    return [row for row in rows if row.status == "planned"]


def language_of(
    row: AppointmentRow, visit: Appointment | None, contact: ContactState | None
) -> str:
    """The language that messages will be in: the one that the patient has chosen by text counts
    until somebody changes it here."""
    if contact is None or contact.language is None or is_language_changed(row, visit):
        return row.language
    return contact.language


def is_language_changed(row: AppointmentRow, visit: Appointment | None) -> bool:
    """Whether somebody decided here that the patient's language is another one."""
    return visit is not None and row.language != visit.patient.language
