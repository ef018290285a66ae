"""Appointments: booked, moved, cancelled, answered. The one way in, so that the reminders follow.

Every function works in the transaction it is given and locks the patient's contact first, as a
text of that patient does: a booking and a reply at the same moment are taken one after the other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from appointment_csv import AppointmentRow, RowStatus
from db.bulk import bulk_insert
from db.clinics import profile_now
from db.consents import FILE, said_to_us
from db.contacts import ContactState, lock_contacts
from db.models import Appointment, Base, Clinic, Patient
from db.session import Database
from profiles import Profile
from scheduler.planning import cancel_open, plan_all, plan_reminders, visit_of
from scheduler.planning_again import plan_again
from scheduler.policy import Occasion, Reason, fasting_starts_at
from scheduler.replanning import replan_piece

_HOW_TO_REACH: Final = frozenset({"phone", "channel", "sms_consent", "voice_consent"})
_CONSENT_CHANGES: Final = bulk_insert(
    Base.metadata.tables["consent_change"], ("patient_id", "channel", "granted", "source", "at")
)


class Change(StrEnum):
    """What an imported row did."""

    NEW = "new"
    MOVED = "moved"
    CANCELLED = "cancelled"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class Outcome(StrEnum):
    """What became of an appointment's day; the words that are stored as its status."""

    ARRIVED = "arrived"
    NO_SHOW = "no_show"


class Answer(StrEnum):
    """What a patient said about an appointment."""

    CONFIRMED = "confirmed"
    CANNOT_COME = "cannot_come"


def upsert(
    session: Session,
    profile: Profile,
    row: AppointmentRow,
    now: dt.datetime,
    source: str = FILE,
) -> Change:
    """Book, move, cancel or correct the appointment that a row describes; `now` is UTC.

    The same row again changes nothing. A row for another start is a move; so is one for another
    procedure if fasting then starts at another time, for the patient must be told of it. Corrected
    names, numbers or wishes count for reminders that have not gone out yet. `source` is what a
    changed consent is said to come from; a file does not undo what the patient or staff said of it.
    """
    return upsert_all(session, profile, [row], now, source)[0]


def upsert_all(
    session: Session,
    profile: Profile,
    rows: Sequence[AppointmentRow],
    now: dt.datetime,
    source: str = FILE,
) -> list[Change]:
    """As `upsert` for many rows of one clinic, one after the other, in few statements.

    Their contacts are locked first and in order, so that no text of a patient waits in a circle.
    """
    work = _Work(session, profile, rows, now, source)
    changes = [work.take(row) for row in rows]
    work.finish()
    return changes


class _Work:
    """What is known about some rows, and what is new and not stored yet.

    Appointments are kept by their external id, patients by what makes them the same person.
    """

    def __init__(
        self,
        session: Session,
        profile: Profile,
        rows: Sequence[AppointmentRow],
        now: dt.datetime,
        source: str,
    ) -> None:
        self._session, self._profile, self._now, self._source = session, profile, now, source
        self._contacts = lock_contacts(session, profile.id, {row.phone for row in rows}, now)
        self._profile = profile_now(session, profile)
        stored = session.scalars(
            select(Appointment)
            .where(
                Appointment.clinic_id == profile.id,
                Appointment.external_id.in_({row.external_id for row in rows}),
            )
            .options(joinedload(Appointment.patient))
        )
        self._appointments = {each.external_id: each for each in stored}
        names = {name_key(row.first_name, row.last_name) for row in rows}
        people = session.scalars(
            select(Patient).where(Patient.clinic_id == profile.id, Patient.name_key.in_(names))
        )
        self._patients = {(each.name_key, each.date_of_birth): each for each in people}
        known = {each.id for each in self._patients.values()}
        known |= {each.patient_id for each in self._appointments.values()}
        self._said_to_us = said_to_us(session, known) if source == FILE else {}
        self._booked: list[tuple[Appointment, ContactState]] = []
        self._consents: list[tuple[Patient, str, bool]] = []
        self._reached: set[int] = set()

    def take(self, row: AppointmentRow) -> Change:
        """Do what one row asks for; `finish` plans the reminders of new appointments."""
        session, profile, now = self._session, self._profile, self._now
        contact = self._contacts[row.phone]
        appointment = self._appointments.get(row.external_id)
        patient, corrected = self._patient(row, appointment, contact)
        if appointment is None:
            return self._book(row, patient, contact)
        if row.status is RowStatus.CANCELLED:
            self.finish()
            return cancel(session, profile, appointment, contact, now)
        if appointment.patient is not patient:
            appointment.patient, corrected = patient, True
            self._session.flush()
            self._reached.add(patient.id)
        if occasion_of(profile, appointment, row) is Occasion.MOVED:
            self.finish()
            return _move(session, profile, row, appointment, contact, now)
        if appointment.procedure != row.procedure:
            appointment.procedure, corrected = row.procedure, True
        if corrected:
            appointment.updated_at = now
        return Change.UPDATED if corrected else Change.UNCHANGED

    def finish(self) -> None:
        """Store what is new, plan the reminders of what was booked, and plan again those that a
        correction has opened the way for."""
        self._session.flush()
        changes = [
            {
                "patient_id": patient.id,
                "channel": channel,
                "granted": granted,
                "source": self._source,
                "at": self._now,
            }
            for patient, channel, granted in self._consents
        ]
        _CONSENT_CHANGES.run(self._session.connection(), changes)
        plan_again(self._session, self._reached, self._now)
        plan_all(self._session, self._profile, self._booked, Occasion.BOOKED, self._now)
        self._booked, self._consents, self._reached = [], [], set()

    def _book(self, row: AppointmentRow, patient: Patient, contact: ContactState) -> Change:
        appointment = Appointment(
            clinic_id=self._profile.id,
            external_id=row.external_id,
            patient=patient,
            procedure=row.procedure,
            starts_at=row.starts_at,
            status=row.status.value,
            version=1,
            created_at=self._now,
            updated_at=self._now,
        )
        self._session.add(appointment)
        self._appointments[row.external_id] = appointment
        if row.status is RowStatus.CANCELLED:
            return Change.CANCELLED
        self._booked.append((appointment, contact))
        return Change.NEW

    def _patient(
        self, row: AppointmentRow, appointment: Appointment | None, contact: ContactState
    ) -> tuple[Patient, bool]:
        """The patient of a row, and whether anything known of them was corrected."""
        key = name_key(row.first_name, row.last_name)
        patient = self._patients.get((key, row.date_of_birth))
        if patient is None and appointment is not None and _is_a_correction(appointment, key, row):
            patient = appointment.patient
        language = contact.language or row.language
        if patient is None:
            return self._new_patient(row, key, language), appointment is not None
        self._patients.pop((patient.name_key, patient.date_of_birth), None)
        self._patients[key, row.date_of_birth] = patient
        return patient, self._correct(patient, row, {"name_key": key, "language": language})

    def _new_patient(self, row: AppointmentRow, key: str, language: str) -> Patient:
        patient = Patient(
            clinic_id=row.clinic,
            name_key=key,
            first_name=row.first_name,
            last_name=row.last_name,
            date_of_birth=row.date_of_birth,
            phone=row.phone,
            language=language,
            channel=row.channel.value,
            sms_consent=row.sms_consent,
            voice_consent=row.voice_consent,
            created_at=self._now,
        )
        self._session.add(patient)
        self._patients[key, row.date_of_birth] = patient
        is_file = self._source == FILE
        if is_file:
            patient.file_sms_consent = row.sms_consent
            patient.file_voice_consent = row.voice_consent
        self._consents += [
            (patient, channel, granted)
            for channel, granted in row.consents()
            if granted or is_file  # a box that nobody ticked says nothing
        ]
        return patient

    def _correct(self, patient: Patient, row: AppointmentRow, also: dict[str, object]) -> bool:
        """Take over what a row says of a known patient; returns whether anything was different.

        The language among `also` is the patient's own once they have chosen one by text; a file
        does not undo that.
        """
        wanted = also | {
            "first_name": row.first_name,
            "last_name": row.last_name,
            "date_of_birth": row.date_of_birth,
            "phone": row.phone,
            "channel": row.channel.value,
        }
        wanted |= {
            f"{channel}_consent": granted
            for channel, granted in row.consents()
            if self._may_say(patient, channel, granted)
        }
        changed = {name for name, value in wanted.items() if getattr(patient, name) != value}
        for name in changed:
            setattr(patient, name, wanted[name])
        if changed & _HOW_TO_REACH and patient.id is not None:
            self._reached.add(patient.id)
        for channel, granted in row.consents():
            if f"{channel}_consent" in changed:
                self._consents.append((patient, channel, granted))
                self._said_to_us.pop((patient.id, channel), None)
            if self._source == FILE:
                setattr(patient, f"file_{channel}_consent", granted)
        return bool(changed)

    def _may_say(self, patient: Patient, channel: str, granted: bool) -> bool:
        """Whether a row counts against what the patient or staff said of a consent: only one of a
        file that says no after it had said yes.

        The same file comes every night. Its "yes" is older than the patient's "no", and a "no" that
        it has said before, or says of a column that it doesn't have, is no news.
        """
        said = self._said_to_us.get((patient.id, channel))
        file_said = getattr(patient, f"file_{channel}_consent")
        return said is None or (said and file_said is True and not granted)


def occasion_of(
    profile: Profile, appointment: Appointment | None, row: AppointmentRow
) -> Occasion | None:
    """What taking a row over means for the appointment's messages; `None`: they stay as is."""
    if appointment is None:
        return Occasion.BOOKED if row.status is RowStatus.SCHEDULED else None
    if row.status is RowStatus.CANCELLED:
        return None if appointment.status == "cancelled" else Occasion.CANCELLED
    return Occasion.MOVED if _is_moved(profile, appointment, row) else None


def _is_moved(profile: Profile, appointment: Appointment, row: AppointmentRow) -> bool:
    if appointment.status == "cancelled" or appointment.starts_at != row.starts_at:
        return True
    before = visit_of(profile, appointment.procedure, appointment.starts_at)
    after = visit_of(profile, row.procedure, row.starts_at)
    return fasting_starts_at(before) != fasting_starts_at(after)


def _move(
    session: Session,
    profile: Profile,
    row: AppointmentRow,
    appointment: Appointment,
    contact: ContactState,
    now: dt.datetime,
) -> Change:
    cancel_open(session, appointment.id, Reason.MOVED, now)
    appointment.starts_at = row.starts_at
    appointment.procedure = row.procedure
    appointment.status = "scheduled"
    appointment.version += 1
    appointment.answer = appointment.answered_at = None
    appointment.updated_at = now
    plan_reminders(session, profile, appointment, contact, Occasion.MOVED, now)
    return Change.MOVED


def cancel(
    session: Session,
    profile: Profile,
    appointment: Appointment,
    contact: ContactState,
    now: dt.datetime,
) -> Change:
    """Cancel an appointment; its open reminders with it, and the patient is told."""
    if appointment.status == "cancelled":
        return Change.UNCHANGED
    cancel_open(session, appointment.id, Reason.CANCELLED, now)
    appointment.status = "cancelled"
    appointment.updated_at = now
    plan_reminders(session, profile, appointment, contact, Occasion.CANCELLED, now)
    return Change.CANCELLED


def mark(session: Session, appointment: Appointment, outcome: Outcome, now: dt.datetime) -> None:
    """Record that the patient came, or did not; messages that are still open are not needed."""
    cancel_open(session, appointment.id, Reason.NOT_NEEDED, now)
    appointment.status = outcome.value
    appointment.updated_at = now


def unmark(appointment: Appointment, now: dt.datetime) -> None:
    """Take a mark back that was set by mistake; another status is left alone."""
    if appointment.status in set(Outcome):
        appointment.status = "scheduled"
        appointment.updated_at = now


def replan_clinic(database: Database, clinic_id: str, now: dt.datetime) -> int:
    """Bring the reminders of a clinic's coming appointments in line with its stored rules.

    Works through them in small transactions, and can be repeated; if it is interrupted, a worker
    does the rest. Returns how many reminders got another moment, were added or were cancelled.
    """
    with database.transaction() as session:
        session.execute(update(Clinic).where(Clinic.id == clinic_id).values(replan_after=0))
    changed, is_done = 0, False
    while not is_done:
        piece = replan_piece(database, clinic_id, now)
        changed, is_done = changed + piece.changed, piece.is_last
    return changed


def record_answer(session: Session, appointment_id: int, answer: Answer, now: dt.datetime) -> None:
    """Record what the patient said; an appointment that is no longer ahead is left alone."""
    appointment = session.get(Appointment, appointment_id)
    if appointment is None or appointment.status != "scheduled" or appointment.starts_at <= now:
        return
    appointment.answer = answer.value
    appointment.answered_at = now
    appointment.updated_at = now


def name_key(first_name: str, last_name: str) -> str:
    """A name as it is compared: small letters, single spaces, no longer than is stored."""
    key = "|".join(" ".join(part.casefold().split()) for part in (last_name, first_name))
    return key[:202]


def _is_a_correction(appointment: Appointment, key: str, row: AppointmentRow) -> bool:
    """Another name or another birth date is a correction; both at once are another person."""
    patient = appointment.patient
    return patient.name_key == key or patient.date_of_birth == row.date_of_birth
