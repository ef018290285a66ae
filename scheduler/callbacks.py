"""Status callbacks: the carrier's reports on messages of ours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import structlog
from sqlalchemy.orm import Session

from db.clinics import Clinics
from db.reminders import lock_with_contact, reminder_id_of_sid
from scheduler.deciding import subject_of
from scheduler.outcomes import record_report

_log = structlog.get_logger()


def record_status(
    session: Session,
    clinics: Clinics,
    reminder_id: str,
    form: Mapping[str, str],
    now: dt.datetime,
) -> None:
    """Take a report in. `reminder_id` is our own id from the signed callback address; a message
    that nothing here knows of is passed over."""
    sid = form.get("MessageSid") or form.get("SmsSid") or ""
    reported = form.get("MessageStatus") or form.get("SmsStatus") or ""
    known = int(reminder_id) if reminder_id.isascii() and reminder_id.isdigit() else None
    known = known if known is not None and known < 2**31 else reminder_id_of_sid(session, sid)
    row = None if known is None else lock_with_contact(session, known, now)
    if row is None or not sid:
        _log.warning("report_on_unknown_message", sid=sid, status=reported[:40])
        return
    code = form.get("ErrorCode", "")
    error_code = int(code) if code.isascii() and code.isdigit() and len(code) < 7 else None
    profile = clinics.get(session, row.appointment.clinic_id)
    if profile is None:
        return
    record_report(session, row, sid[:64], reported, error_code, now, subject_of(row, profile))
