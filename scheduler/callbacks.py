"""Status callbacks: the carrier's reports on messages of ours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import structlog
from sqlalchemy.orm import Session

from db.clinics import Clinics
from db.models import Reminder
from db.reminders import lock_with_contact, reminder_id_of_sid
from db.staff_texts import lock_staff_text
from flows.model import Subject
from profiles import Profile
from scheduler.clock_words import day_words
from scheduler.outcomes import Report, record_report
from scheduler.staff_text_outcomes import record_staff_text_report

_log = structlog.get_logger()
_SID_LENGTH = 64
_LARGEST_ID = 2**31


def record_status(
    session: Session,
    clinics: Clinics,
    args: Mapping[str, str],
    form: Mapping[str, str],
    now: dt.datetime,
) -> None:
    """Take a report in. `args` are those of the signed callback address: `r`, our own id of the
    reminder, or `s`, that of a text that staff wrote, and `a`, which attempt it was. A message that
    nothing here knows of is passed over."""
    report = report_of(form, args.get("a", ""))
    if "s" in args:
        _record_of_staff(session, _key(args["s"]), report, now)
        return
    known = reminder_in(args)
    if known is None:
        known = reminder_id_of_sid(session, report.sid)
    row = None if known is None else lock_with_contact(session, known, now)
    if row is None or not report.sid:
        _log.warning("report_on_unknown_message", sid=report.sid, status=report.status[:40])
        return
    profile = clinics.get(session, row.clinic_id)
    if profile is not None:
        record_report(session, profile, row, report, subject_of(profile, row), now)


def _record_of_staff(
    session: Session, text_id: int | None, report: Report, now: dt.datetime
) -> None:
    row = None if text_id is None else lock_staff_text(session, text_id)
    if row is None or not report.sid:
        _log.warning("report_on_unknown_message", sid=report.sid, status=report.status[:40])
        return
    record_staff_text_report(session, row, report, now)


def report_of(form: Mapping[str, str], attempt: str = "") -> Report:
    """What a callback's form reports."""
    code = form.get("ErrorCode", "")
    return Report(
        sid=(form.get("MessageSid") or form.get("SmsSid") or "")[:_SID_LENGTH],
        status=form.get("MessageStatus") or form.get("SmsStatus") or "",
        error_code=number_of(code),
        attempt=number_of(attempt),
    )


def _key(text: str) -> int | None:
    number = number_of(text, longest=10)
    return None if number is None or number >= _LARGEST_ID else number


def number_of(text: str, longest: int = 6) -> int | None:
    """A number that came from outside; `None` for anything else, and for one with more digits."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= longest else None


def reminder_in(args: Mapping[str, str]) -> int | None:
    """Our own id of a reminder, from the arguments of an address that we gave out."""
    return _key(args.get("r", ""))


def subject_of(profile: Profile, row: Reminder) -> Subject:
    """What a stored reminder asks about."""
    appointment = row.appointment
    local = appointment.starts_at.astimezone(profile.zone)
    return Subject(
        appointment.id,
        row.version,
        appointment.patient.first_name,
        day_words(local.date(), appointment.patient.language),
        appointment.starts_at,
    )
