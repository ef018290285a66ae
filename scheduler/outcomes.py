"""What a request to send, or the carrier's later report, makes of a reminder."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import structlog
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from carrier.errors import ErrorClass, classify
from carrier.outcome import Accepted, Ambiguous, NotSent, NotSentWhy, Refused, SendOutcome
from carrier.status import MessageStatus, advance, recognise
from db import outbox
from db.bulk import Values
from db.contacts import lock_contact, record_opt_change, set_contact
from db.lines import ACCOUNT, Refusal, start_lines, stop_line, stopped_lines
from db.models import Reminder
from db.reminders import lock_with_contact, note, settle
from db.tasks import close_tasks
from flows.asking import with_question, without_question
from flows.model import Session as Talk
from flows.model import Subject
from profiles import Profile
from scheduler.channel import Channel
from scheduler.clocks import wall_clock
from scheduler.deciding import Send
from scheduler.planning import ask_to_phone
from scheduler.policy import Kind, Reason, next_opening
from scheduler.reactions import Learn, Next, pause, reaction

_log = structlog.get_logger()
_decode: Final = msgspec.json.Decoder(Talk).decode
_encode: Final = msgspec.json.Encoder().encode
GRACE: Final = dt.timedelta(minutes=2)
"""How long after an attempt the carrier's list is trusted to show its message."""
_NOT_BEGUN_WAITS: Final = dt.timedelta(seconds=30)
RECEIPT: Final = dt.timedelta(minutes=15)
"""How long a report on a message that went out may take before it is asked for."""
_MOST_ATTEMPTS: Final = 12
_WENT_OUT: Final = frozenset({MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ})
REACHED_AFTER_ALL: Final = (
    *(Reason.IN_DOUBT, Reason.WAITING, Reason.UNDELIVERED),
    *(Reason.UNACCOUNTED, Reason.LINE_STOPPED, Reason.NOT_ANSWERED),
)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one request, at which moment (UTC, by the worker's clock)."""

    send: Send
    outcome: SendOutcome
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Report:
    """The carrier's word on a message: its id, its status as reported, an error code if any.

    `attempt` is which attempt of the reminder the message was, as far as that is known.
    """

    sid: str
    status: str
    error_code: int | None
    attempt: int | None = None


def record_accepted(connection: Connection, results: Sequence[Result]) -> None:
    """Write down the requests that the carrier has taken, all at once.

    The contacts are locked first. From now on the keys that the messages name are live.
    """
    accepted, events, folded = [], [], []
    for result in results:
        if isinstance(result.outcome, Accepted):
            accepted.append(_accepted(result, result.outcome))
            events.append(_event(result))
            if result.send.channel is Channel.SMS:  # a call's keys are live only while it lasts
                folded.append(result)
    contacts = {r.send.row.contact_id for r in folded if r.send.row.contact_id is not None}
    before = outbox.lock_talks(connection, contacts)
    outbox.accept(connection, accepted)
    outbox.note_all(connection, events)
    if folded:
        outbox.save_talks(connection, before, _asked(folded, before), folded[-1].at)


def _accepted(result: Result, outcome: Accepted) -> outbox.Accepted:
    row = result.send.row
    look_again = result.at + RECEIPT
    return outbox.Accepted(
        row.id, result.send.token, outcome.sid, outcome.status, result.at, look_again
    )


def _event(result: Result) -> Values:
    return {
        "reminder_id": result.send.row.id,
        "at": result.at,
        "what": "accepted",
        "detail": "call" if result.send.channel is Channel.VOICE else None,
        "error_code": None,
    }


def _asked(results: Sequence[Result], before: dict[int, str | None]) -> dict[int, str]:
    """The conversations after these messages went out, one after the other."""
    talks: dict[int, Talk] = {}
    for result in results:
        row = result.send.row
        if row.contact_id is None:
            continue
        stored = before.get(row.contact_id)
        talk = talks.get(row.contact_id) or (_decode(stored) if stored else Talk(row.language))
        talks[row.contact_id] = asked(talk, result.send.kind, result.send.subject, result.at)
    return {contact: _encode(talk).decode() for contact, talk in talks.items()}


def asked(talk: Talk, kind: Kind, subject: Subject, now: dt.datetime) -> Talk:
    """A conversation after a message of a kind went out about an appointment."""
    if kind is Kind.CANCELLED:
        return without_question(talk, subject.appointment, now)
    return with_question(talk, subject, now)


def record_other(session: Session, profile: Profile, result: Result) -> None:
    """Write down a request that was not accepted. A row that a callback has settled meanwhile, or
    that is no longer ours, is left as it is."""
    send, now = result.send, result.at
    row = lock_with_contact(session, send.row.id, now)
    if row is None or row.token != send.token or row.status != "sending":
        return
    match result.outcome:
        case Refused(error_class, code, _):
            note(session, row.id, "refused", now, error_class.value, code)
            react(session, profile, row, error_class, code, now)
        case Ambiguous(why):
            in_doubt(session, row, why, now)
        case NotSent(NotSentWhy.TOO_LATE):
            give_up(session, row, "missed", Reason.TOO_LATE, now)
        case NotSent(NotSentWhy.NOT_BEGUN):
            note(session, row.id, "not_begun", now)
            row.attempts -= 1
            wait(row, now + _NOT_BEGUN_WAITS, None)
        case NotSent():
            note(session, row.id, "no_connection", now)
            _try_again(session, row, None, Reason.LINE_STOPPED, now)


def react(
    session: Session,
    profile: Profile,
    row: Reminder,
    error_class: ErrorClass,
    code: int | None,
    now: dt.datetime,
) -> None:
    """Do what an error of the carrier asks for."""
    row.error_code = code
    asks = reaction(error_class, row.attempts)
    if error_class in (ErrorClass.UNKNOWN, ErrorClass.OUR_BUG):
        _log.error("carrier_error", code=code, error_class=error_class.value, reminder=row.id)
    learn(session, row, asks.learn, now)
    match asks.next:
        case Next.RETRY:
            _try_again(session, row, error_class, asks.reason, now)
        case Next.DOUBT:
            in_doubt(session, row, f"the carrier reported {code}", now)
        case Next.WINDOW:
            wait(row, max(next_opening(profile, now), now + GRACE), asks.reason)
        case Next.STOP_LINE:
            _stop_line(session, profile, row, error_class)
            if row.status == "sending":  # refused at once: that was no attempt of this reminder
                row.attempts -= 1
            wait(row, now, asks.reason)
        case Next.CALL if _may_call(row, now):
            row.channel = Channel.VOICE
            note(session, row.id, "called_instead", now, error_class.value, code)
            wait(row, now, asks.reason)
        case Next.CALL | Next.GIVE_UP:
            was_sent = row.status == "sent"
            vague = was_sent and asks.reason is Reason.SEND_FAILED
            give_up(session, row, "failed", Reason.UNDELIVERED if vague else asks.reason, now)


def _may_call(row: Reminder, now: dt.datetime) -> bool:
    """Whether a text that can't arrive may be followed by a call."""
    is_text = row.channel == Channel.SMS
    return is_text and row.appointment.patient.voice_consent and now < row.send_by


def _stop_line(session: Session, profile: Profile, row: Reminder, error_class: ErrorClass) -> None:
    line = ACCOUNT if error_class is ErrorClass.ACCOUNT else line_of(profile, row.channel)
    refusal = Refusal(line, error_class.value, row.error_code, by_report=row.status == "sent")
    if stop_line(session.connection(), refusal, wall_clock()):
        _log.error("line_stopped", line=line, code=row.error_code, error_class=error_class.value)


def restart_lines(
    connection: Connection, works: set[str], started_at: dt.datetime, *, by_report: bool
) -> None:
    """Let stopped lines run again after a message that was begun at `started_at` (real time) went
    out on them. One that was under way when the line was stopped shows nothing, and an acceptance
    shows nothing where refusals come in reports."""
    lines = [
        stop.line
        for stop in stopped_lines(connection)
        if stop.line in works | {ACCOUNT}
        and started_at > stop.since
        and (by_report or not stop.by_report)
    ]
    if lines:
        start_lines(connection, lines)
        _log.warning("line_started", lines=lines)


def line_of(profile: Profile, channel: str = Channel.SMS) -> str:
    """The name of the line that a clinic's texts or calls go out on."""
    kind = "calls" if channel == Channel.VOICE else "sender"
    return f"{kind}:{profile.texting_number or 'default'}"


def wait(row: Reminder, until: dt.datetime, reason: Reason | None) -> None:
    """Give the row back until later, but never past its last useful moment."""
    row.status = "planned"
    row.reason = reason
    row.token = None
    row.sid = None
    row.next_at = min(until, row.send_by)


def _try_again(
    session: Session,
    row: Reminder,
    error_class: ErrorClass | None,
    reason: Reason,
    now: dt.datetime,
) -> None:
    if row.attempts >= _MOST_ATTEMPTS:
        give_up(session, row, "failed", Reason.SEND_FAILED, now)
        return
    jitter = random.random()  # noqa: S311 - spreads retries; nothing secret
    wait(row, now + pause(error_class, row.attempts, jitter), reason)


def in_doubt(session: Session, row: Reminder, why: str, now: dt.datetime) -> None:
    """The message may or may not have gone out: it is looked for before anything else is done."""
    row.status = "in_doubt"
    row.reason = Reason.IN_DOUBT
    row.token = None
    row.next_at = now + GRACE
    note(session, row.id, "in_doubt", now, why)


def learn(session: Session, row: Reminder, learn: Learn | None, now: dt.datetime) -> None:
    """Keep what an error tells about the phone, so that the next reminder need not find out."""
    if learn is None:
        return
    phone = row.to or row.appointment.patient.phone
    contact = lock_contact(session, row.clinic_id, phone, now)
    if learn is Learn.OPTED_OUT and contact.opted_out_at is None:
        record_opt_change(session, contact.id, "opt_out", "carrier", "", now)
    elif learn is Learn.BAD_NUMBER:
        set_contact(session, contact.id, reachable=False)
    elif learn is Learn.NOT_TEXTABLE:
        set_contact(session, contact.id, textable=False)


def give_up(session: Session, row: Reminder, status: str, reason: Reason, now: dt.datetime) -> None:
    """The row's last word, and a task that asks to phone the patient."""
    settle(row, status, reason, now)
    phone = row.to or row.appointment.patient.phone
    contact = lock_contact(session, row.clinic_id, phone, now)
    ask_to_phone(session, row.appointment, contact.id, reason, now)


def adopt(session: Session, row: Reminder, sid: str, subject: Subject, now: dt.datetime) -> None:
    """A (locked) row turns out to have gone out as the message `sid`."""
    if row.sid != sid:  # what was reported of an earlier attempt's message says nothing of this one
        row.carrier_status = row.error_code = None
    row.status = "sent"
    row.reason = None
    row.sid = sid
    row.token = None
    row.next_at = now + RECEIPT
    row.sent_at = now
    if row.channel == Channel.VOICE:
        return
    phone = row.to or row.appointment.patient.phone
    contact = lock_contact(session, row.clinic_id, phone, now)
    before = outbox.lock_talks(session.connection(), [contact.id])
    stored = before[contact.id]
    talk = _decode(stored) if stored else Talk(row.appointment.patient.language)
    after = {contact.id: _encode(asked(talk, Kind(row.kind), subject, now)).decode()}
    outbox.save_talks(session.connection(), before, after, now)


def _is_of_current_attempt(row: Reminder, report: Report) -> bool:
    """Whether a report shows that the row's newest attempt went out, which was not known so far.

    That holds also for a row that was given up for lost and planned again, but not for one that
    waits for a further attempt because this very one failed.
    """
    if row.sid not in (None, report.sid) or report.attempt not in (None, row.attempts):
        return False
    if row.status in ("sending", "in_doubt"):
        return True
    failed = recognise(row.carrier_status or "")
    return (
        row.status == "planned"
        and report.attempt is not None
        and row.attempts > 0
        and not (failed is not None and failed.is_failure)
    )


def record_report(
    session: Session,
    profile: Profile,
    row: Reminder,
    report: Report,
    subject: Subject,
    now: dt.datetime,
) -> None:
    """A report of the carrier on a (locked) row's message.

    Late, repeated and unknown ones change nothing but are written down. A message that arrived
    settles the row whatever was thought of it before.
    """
    sid = report.sid
    note(session, row.id, "report", now, report.status[:40], report.error_code)
    status = recognise(report.status)
    if status is None:
        _log.warning("unknown_carrier_status", status=report.status[:40])
    if _is_of_current_attempt(row, report):
        adopt(session, row, sid, subject, now)
    if status in _WENT_OUT and row.started_at is not None:
        restart_lines(session.connection(), {line_of(profile)}, row.started_at, by_report=True)
    if status is not None and status.arrived and row.status in ("planned", "sent", "failed"):
        row.sid = sid
        row.carrier_status = status.value
        settle(row, "delivered", None, now)
        close_tasks(session, row.appointment_id, REACHED_AFTER_ALL, now)
        return
    if row.sid != sid or row.status != "sent":
        return
    newer = advance(recognise(row.carrier_status or ""), report.status)
    if newer is None:
        return
    row.carrier_status = newer.value
    if newer.is_failure:
        error_class = classify(report.error_code, None)
        react(session, profile, row, error_class, report.error_code, now)
