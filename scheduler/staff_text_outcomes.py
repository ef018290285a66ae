"""What a request to send a text by staff, or the carrier's later report, makes of it.

The rules are those of reminders, with one difference: what the carrier could not deliver is not
tried again by itself. The person who wrote it is told, and a task says so to everyone else.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace
from typing import Final

import structlog
from sqlalchemy.orm import Session

from carrier.errors import ErrorClass, classify
from carrier.outcome import Accepted, Ambiguous, NotSent, NotSentWhy, Refused, SendOutcome
from carrier.status import advance, recognise
from db.contacts import record_opt_change, set_contact
from db.lines import ACCOUNT, Refusal, stop_line
from db.models import Contact, StaffText
from db.tasks import NewTask, open_task
from flows.model import TaskKind
from flows.nodes import Urgency
from scheduler.clocks import wall_clock
from scheduler.outcomes import GRACE, RECEIPT, Report
from scheduler.reactions import Learn, Next, pause, reaction

_log = structlog.get_logger()
LINE_PAUSE: Final = dt.timedelta(seconds=15)
"""How soon a text is looked at again that waits for its line."""


def record_staff_text_outcome(
    session: Session,
    row: StaffText,
    token: str,
    outcome: SendOutcome,
    line: str,
    now: dt.datetime,
) -> None:
    """Write down what became of the request for a (locked) text that went out on this line. One
    that a report has settled meanwhile, or that is no longer ours, is left as it is."""
    if row.token != token or row.status != "sending":
        return
    match outcome:
        case Accepted(sid, status):
            adopt_staff_text(row, sid, now)
            row.carrier_status = status
        case Refused(ErrorClass.THROTTLE, _, _):
            _try_again(session, row, ErrorClass.THROTTLE, now)
        case Refused(error_class, code, _) if _stops_the_line(error_class):
            _wait_for_line(session, row, Refusal(line, error_class.value, code, False), now)
        case Refused(error_class, code, _):
            _refused(session, row, error_class, code, now)
        case Ambiguous():
            doubt_staff_text(row, now)
        case NotSent(NotSentWhy.TOO_LATE):
            fail_staff_text(session, row, ErrorClass.TOO_LATE, None, now)
        case NotSent():
            _try_again(session, row, None, now)


def record_staff_text_report(
    session: Session, row: StaffText, report: Report, now: dt.datetime
) -> None:
    """A report of the carrier on a (locked) text. Late, repeated and unknown ones change nothing;
    one that has arrived is delivered, whatever was thought of it before."""
    status = recognise(report.status)
    if _is_of_newest_attempt(row, report):
        adopt_staff_text(row, report.sid, now)
    if status is not None and status.arrived and row.status in ("planned", "sent", "failed"):
        row.sid, row.carrier_status = report.sid, status.value
        _settle(row, "delivered", now)
        row.error_class = row.error_code = None
        return
    if row.sid != report.sid or row.status != "sent":
        return
    newer = advance(recognise(row.carrier_status or ""), report.status)
    if newer is None:
        return
    row.carrier_status = newer.value
    if newer.is_failure:
        _refused(session, row, classify(report.error_code, None), report.error_code, now)


def _is_of_newest_attempt(row: StaffText, report: Report) -> bool:
    """Whether a report shows that the newest attempt went out, which was not known so far; also of
    one that was given up for lost and waits to be sent again."""
    if row.sid not in (None, report.sid) or report.attempt not in (None, row.attempts):
        return False
    lost = row.status == "planned" and report.attempt is not None and row.attempts > 0
    return row.status in ("sending", "in_doubt") or lost


def adopt_staff_text(row: StaffText, sid: str, now: dt.datetime) -> None:
    """A (locked) text has gone out as the message `sid`."""
    row.status, row.sid, row.sent_at = "sent", sid, now
    row.token = row.error_class = row.error_code = None
    row.next_at = now + RECEIPT


def doubt_staff_text(row: StaffText, now: dt.datetime) -> None:
    """It may or may not have gone out: it is looked for before anything else is done."""
    row.status, row.token, row.next_at = "in_doubt", None, now + GRACE


def fail_staff_text(
    session: Session, row: StaffText, error_class: ErrorClass, code: int | None, now: dt.datetime
) -> None:
    """It has not reached the patient and is not tried again; a person has to know."""
    _settle(row, "failed", now)
    row.error_class, row.error_code = error_class.value, code
    task = NewTask(
        clinic_id=row.clinic_id,
        kind=TaskKind.REPLY_FAILED.value,
        urgency=Urgency.URGENT.value,
        contact_id=row.contact_id,
    )
    open_task(session, task, now)


def put_off_staff_text(row: StaffText, now: dt.datetime, by: dt.timedelta) -> None:
    """Give a claimed text back until later: that was no attempt of it."""
    row.attempts -= 1
    row.status, row.token, row.next_at = "planned", None, min(now + by, row.send_by)


def _stops_the_line(error_class: ErrorClass) -> bool:
    return reaction(error_class, 1).next is Next.STOP_LINE


def _wait_for_line(session: Session, row: StaffText, why: Refusal, now: dt.datetime) -> None:
    """Nothing is wrong with this text: it waits until the line to the carrier is mended."""
    is_account = why.error_class == ErrorClass.ACCOUNT
    refusal = replace(why, line=ACCOUNT) if is_account else why
    if stop_line(session.connection(), refusal, wall_clock()):
        line, code, kind = refusal.line, refusal.error_code, refusal.error_class
        _log.error("line_stopped", line=line, code=code, error_class=kind)
    row.error_class, row.error_code = why.error_class, why.error_code
    put_off_staff_text(row, now, LINE_PAUSE)


def _refused(
    session: Session, row: StaffText, error_class: ErrorClass, code: int | None, now: dt.datetime
) -> None:
    if error_class in (ErrorClass.UNKNOWN, ErrorClass.OUR_BUG):
        _log.error("carrier_error", code=code, error_class=error_class.value, staff_text=row.id)
    if error_class is ErrorClass.AMBIGUOUS and row.status == "sending":
        doubt_staff_text(row, now)
        return
    _learn(session, row, reaction(error_class, row.attempts).learn, now)
    fail_staff_text(session, row, error_class, code, now)


def _learn(session: Session, row: StaffText, learn: Learn | None, now: dt.datetime) -> None:
    """Keep what an error tells about the phone, for reminders as well."""
    contact = session.get_one(Contact, row.contact_id)
    if learn is Learn.OPTED_OUT and contact.opted_out_at is None:
        record_opt_change(session, row.contact_id, "opt_out", "carrier", "", now)
    elif learn is Learn.BAD_NUMBER:
        set_contact(session, row.contact_id, reachable=False)
    elif learn is Learn.NOT_TEXTABLE:
        set_contact(session, row.contact_id, textable=False)


def _try_again(
    session: Session, row: StaffText, error_class: ErrorClass | None, now: dt.datetime
) -> None:
    """It never left: it goes out a little later, if that is still of use."""
    jitter = random.random()  # noqa: S311 - spreads retries; nothing secret
    again = now + pause(error_class, row.attempts, jitter)
    if again >= row.send_by:
        fail_staff_text(session, row, ErrorClass.TOO_LATE, None, now)
        return
    row.status, row.token, row.next_at = "planned", None, again
    row.error_class = row.error_code = None


def _settle(row: StaffText, status: str, now: dt.datetime) -> None:
    row.status, row.token, row.next_at, row.settled_at = status, None, None, now
