"""What a request to send, or the carrier's later report, makes of a reminder."""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy.orm import Session

from carrier.errors import ErrorClass, classify
from carrier.outcome import Accepted, Ambiguous, NotSent, NotSentWhy, Refused, SendOutcome
from carrier.status import advance, recognise
from db.contacts import (
    conversation_of,
    lock_contact,
    record_opt_change,
    save_conversation,
    set_contact,
)
from db.models import Reminder
from db.reminders import lock_with_contact, note, settle
from flows.asking import with_question, without_question
from flows.model import Session as Talk
from flows.model import Subject
from scheduler.deciding import Send
from scheduler.planning import ask_to_phone
from scheduler.policy import Kind, Reason

_PAUSE: Final = dt.timedelta(minutes=1)
_CHANNEL: Final = "sms"

_REASONS: Final = {
    ErrorClass.OPTED_OUT: Reason.OPTED_OUT,
    ErrorClass.BAD_NUMBER: Reason.BAD_NUMBER,
    ErrorClass.NOT_TEXTABLE: Reason.NOT_TEXTABLE,
    ErrorClass.UNREACHABLE: Reason.UNDELIVERED,
    ErrorClass.BLOCKED: Reason.UNDELIVERED,
    ErrorClass.TOO_LATE: Reason.TOO_LATE,
}


def record_outcome(session: Session, send: Send, outcome: SendOutcome, now: dt.datetime) -> None:
    """Write down what became of a request. A row that a callback has settled meanwhile is kept."""
    row = lock_with_contact(session, send.reminder_id, now)
    if row is None or row.token != send.token or row.status != "sending":
        return
    match outcome:
        case Accepted(sid, status):
            accepted(session, row, sid, status, now, send.subject)
        case Refused(error_class, code, _):
            _refused(session, row, error_class, code, now)
        case Ambiguous(why):
            in_doubt(session, row, why, now)
        case NotSent(NotSentWhy.TOO_LATE):
            _give_up(session, row, "missed", Reason.TOO_LATE, now)
        case NotSent():
            try_again(row, now)


def accepted(
    session: Session,
    row: Reminder,
    sid: str,
    status: str,
    now: dt.datetime,
    subject: Subject,
) -> None:
    """The carrier has the message: the reply keys it names are live from now on."""
    row.status = "sent"
    row.reason = None
    row.sid = sid
    row.carrier_status = row.carrier_status or status or None
    row.next_at = None
    row.token = None
    row.sent_at = now
    _ask(session, row, subject, now)


def _ask(session: Session, row: Reminder, subject: Subject, now: dt.datetime) -> None:
    patient = row.appointment.patient
    contact = lock_contact(session, row.appointment.clinic_id, row.to or patient.phone, now)
    stored = conversation_of(session, contact.id, _CHANNEL)
    talk = stored or Talk(patient.language)
    if row.kind == Kind.CANCELLED:
        talk = without_question(talk, subject.appointment, now)
    else:
        talk = with_question(talk, subject, now)
    save_conversation(session, contact.id, _CHANNEL, talk, now, is_new=stored is None)


def try_again(row: Reminder, now: dt.datetime) -> None:
    """Nothing has gone out: the row waits a little, but never past its last useful moment."""
    row.status = "planned"
    row.reason = None
    row.token = None
    row.next_at = min(now + _PAUSE, row.send_by)


def in_doubt(session: Session, row: Reminder, why: str, now: dt.datetime) -> None:
    """The message may or may not have gone out: it is not sent again, and a person is told."""
    row.status = "in_doubt"
    row.reason = Reason.IN_DOUBT
    row.token = None
    row.next_at = None
    note(session, row.id, "in_doubt", now, why)
    ask_to_phone(session, row.appointment, None, Reason.IN_DOUBT, now)


def _refused(
    session: Session,
    row: Reminder,
    error_class: ErrorClass,
    code: int | None,
    now: dt.datetime,
) -> None:
    row.error_code = code
    if error_class is ErrorClass.THROTTLE:
        try_again(row, now)
        return
    if error_class is ErrorClass.AMBIGUOUS:
        in_doubt(session, row, f"the carrier answered {code}", now)
        return
    _learn(session, row, error_class, now)
    _give_up(session, row, "failed", _REASONS.get(error_class, Reason.SEND_FAILED), now)


def _learn(session: Session, row: Reminder, error_class: ErrorClass, now: dt.datetime) -> None:
    """Keep what an error tells about the phone, so that the next reminder need not find out."""
    phone = row.to or row.appointment.patient.phone
    contact = lock_contact(session, row.appointment.clinic_id, phone, now)
    if error_class is ErrorClass.OPTED_OUT and contact.opted_out_at is None:
        record_opt_change(session, contact.id, "opt_out", "carrier", "", now)
    elif error_class is ErrorClass.BAD_NUMBER:
        set_contact(session, contact.id, reachable=False)
    elif error_class is ErrorClass.NOT_TEXTABLE:
        set_contact(session, contact.id, textable=False)


def _give_up(
    session: Session, row: Reminder, status: str, reason: Reason, now: dt.datetime
) -> None:
    settle(row, status, reason, now)
    phone = row.to or row.appointment.patient.phone
    contact = lock_contact(session, row.appointment.clinic_id, phone, now)
    ask_to_phone(session, row.appointment, contact.id, reason, now)


def record_report(
    session: Session,
    row: Reminder,
    sid: str,
    reported: str,
    error_code: int | None,
    now: dt.datetime,
    subject: Subject,
) -> None:
    """A report of the carrier about a (locked) row's message: late, repeated or unknown ones
    change nothing but are written down."""
    note(session, row.id, "report", now, reported[:40], error_code)
    if row.status in ("sending", "in_doubt"):
        accepted(session, row, sid, "", now, subject)
    if row.sid != sid or row.status not in ("sent", "delivered", "failed"):
        return
    current = recognise(row.carrier_status or "")
    status = advance(current, reported)
    if status is None:
        return
    row.carrier_status = status.value
    if status.arrived and row.status != "delivered":
        settle(row, "delivered", None, now)
    elif status.is_failure and row.status == "sent":
        row.error_code = error_code
        error_class = classify(error_code, None)
        _learn(session, row, error_class, now)
        reason = _REASONS.get(error_class, Reason.UNDELIVERED)
        _give_up(session, row, "failed", reason, now)
