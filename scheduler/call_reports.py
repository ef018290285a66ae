"""What is heard of reminder calls while they are made, and how they ended.

That a call was taken says little: it has reached the patient once a key was pressed or a word
spoken in it, or once a message was left on a machine. Any other call is made again after a while,
and after a few of them a person phones.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final, Literal

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from carrier.call_status import CallEnd, call_end, is_under_way
from db.clinics import Clinics
from db.models import Reminder, ReminderEvent
from db.reminders import lock_with_contact, note, settle
from db.tasks import close_tasks
from profiles import Profile
from scheduler.callbacks import number_of, reminder_in, subject_of
from scheduler.channel import Channel
from scheduler.outcomes import (
    REACHED_AFTER_ALL,
    adopt,
    give_up,
    learn,
    line_of,
    restart_lines,
    wait,
)
from scheduler.policy import Kind, Reason, next_opening
from scheduler.reactions import Learn

_log = structlog.get_logger()
_MOST_CALLS: Final = 3
_PAUSE: Final = dt.timedelta(minutes=30)
_OPEN: Final = ("sending", "in_doubt", "sent", "planned")
_RANG: Final = ("ringing", "in-progress", "answered", "completed", "busy", "no-answer")


def record_call_answered(
    session: Session,
    clinics: Clinics,
    reminder_id: int,
    attempt: int,
    sid: str,
    answered_by: str,
    now: dt.datetime,
) -> Reminder | None:
    """Somebody or something (`answered_by`, as the carrier says) answered a reminder's call.

    Gives the reminder, locked, if it is still to be told: `None` for another attempt than the
    newest, and for a visit that was moved or called off while the phone rang. Asked again about a
    call that was heard already, it gives the same.
    """
    row = lock_with_contact(session, reminder_id, now)
    if row is None or row.attempts != attempt:
        return None
    profile = clinics.get(session, row.clinic_id)
    if profile is None:
        return None
    if row.status in _OPEN:
        _take_up(session, profile, row, sid, now)
        _restart(session, profile, row)
        note(session, row.id, "answered", now, answered_by[:40] or None)
    is_of_this_call = row.sid == sid and row.status in ("sent", "delivered")
    return row if is_of_this_call and _is_current(row) else None


def record_call_heard(
    session: Session,
    clinics: Clinics,  # noqa: ARG001 - the three ways to report have the same form
    reminder_id: int,
    attempt: int,
    sid: str,
    how: Literal["key", "message"],
    now: dt.datetime,
) -> None:
    """A reminder's call has reached the patient: a key was pressed or a word said in it, or the
    message was left on a machine."""
    row = lock_with_contact(session, reminder_id, now)
    if row is None or row.attempts != attempt or row.status in ("delivered", "cancelled"):
        return
    note(session, row.id, "heard", now, how)
    row.sid = sid
    row.sent_at = row.sent_at or now
    settle(row, "delivered", None, now)
    close_tasks(session, row.appointment_id, REACHED_AFTER_ALL, now)


def record_call_status(
    session: Session,
    clinics: Clinics,
    args: Mapping[str, str],
    form: Mapping[str, str],
    now: dt.datetime,
) -> None:
    """The carrier's report on a reminder's call. `args` are those of the signed callback address:
    `r`, our own id of the reminder, and `a`, which attempt it was."""
    reminder, attempt = reminder_in(args), number_of(args.get("a", ""))
    sid, status = form.get("CallSid", "")[:64], form.get("CallStatus", "")[:20]
    row = None if reminder is None else lock_with_contact(session, reminder, now)
    if row is None or not sid:
        _log.warning("report_on_unknown_call", sid=sid, status=status)
        return
    profile = clinics.get(session, row.clinic_id)
    code = number_of(form.get("SipResponseCode", ""))
    note(session, row.id, "report", now, status, code)
    if profile is not None and attempt == row.attempts:
        settle_call(session, profile, row, sid, status, code, now)


def settle_call(
    session: Session,
    profile: Profile,
    row: Reminder,
    sid: str,
    status: str,
    sip_code: int | None,
    now: dt.datetime,
) -> None:
    """Do what the state of the newest attempt's call asks for; the row is locked."""
    end = call_end(status, sip_code)
    if end is None and not is_under_way(status):
        _log.warning("unknown_call_status", status=status)
    _take_up(session, profile, row, sid, now)
    if status in _RANG:
        _restart(session, profile, row)
    if row.sid != sid or row.status != "sent":
        return
    row.carrier_status = status
    match end:
        case CallEnd.OVER | CallEnd.NOT_REACHED:
            _not_answered(session, profile, row, now)
        case CallEnd.NO_SUCH_NUMBER:
            learn(session, row, Learn.BAD_NUMBER, now)
            give_up(session, row, "failed", Reason.BAD_NUMBER, now)
        case CallEnd.BLOCKED:
            give_up(session, row, "failed", Reason.CALLS_BLOCKED, now)


def _take_up(session: Session, profile: Profile, row: Reminder, sid: str, now: dt.datetime) -> None:
    """A report shows that the newest attempt's call was placed, which may not be known yet: its
    answer got lost, or the row was even given up for never called. One that waits for another call
    because this one has ended stays as it is."""
    waits = row.status == "planned" and row.sid is None
    has_ended = call_end(row.carrier_status or "", None) is not None
    if row.status in ("sending", "in_doubt") or (waits and not has_ended):
        adopt(session, row, sid, subject_of(profile, row), now)


def _restart(session: Session, profile: Profile, row: Reminder) -> None:
    """The call rang, so calls go out again."""
    if row.started_at is not None:
        works = {line_of(profile, Channel.VOICE)}
        restart_lines(session.connection(), works, row.started_at, by_report=True)


def _is_current(row: Reminder) -> bool:
    """Whether the visit still is what the reminder tells of."""
    expected = "cancelled" if row.kind == Kind.CANCELLED else "scheduled"
    return row.version == row.appointment.version and row.appointment.status == expected


def _not_answered(session: Session, profile: Profile, row: Reminder, now: dt.datetime) -> None:
    """Nobody heard it. Another call follows when there is time for it by day; otherwise a person
    phones now, while there is time for that."""
    note(session, row.id, "not_answered", now)
    session.flush()
    calls = session.scalar(
        select(func.count())
        .select_from(ReminderEvent)
        .where(ReminderEvent.reminder_id == row.id, ReminderEvent.what == "not_answered")
    )
    again = next_opening(profile, now + _PAUSE)
    if not _is_current(row):  # the next look at it settles it
        wait(row, now, Reason.NOT_ANSWERED)
    elif (calls or 0) >= _MOST_CALLS or again >= row.send_by:
        give_up(session, row, "failed", Reason.NOT_ANSWERED, now)
    else:
        wait(row, again, Reason.NOT_ANSWERED)
