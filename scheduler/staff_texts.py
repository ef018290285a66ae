"""Sending what staff write to patients: claim, release the database, send, write down.

The same discipline as for reminders: a row is marked before its request goes out, and one whose
outcome is not known is looked for at the carrier, never simply sent again. They keep the pace of
the clinic's sender, before the reminders, and wait while its line is stopped. They are few, so they
go one after the other, each claimed by itself.
"""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy.orm import Session

from carrier.client import CarrierError, CarrierMessage, OutgoingText
from carrier.errors import ErrorClass
from carrier.outcome import Accepted
from db.claims import Lease
from db.clinics import Clinics
from db.lines import ACCOUNT, stopped_lines, take_probe, take_slots
from db.models import Contact, StaffText
from db.session import Database
from db.staff_texts import claim_due, claim_unsettled, lock_staff_text, sids_in_use
from profiles import Profile
from scheduler.calling import AHEAD
from scheduler.claiming import LEASE
from scheduler.clocks import Clock, wall_clock
from scheduler.dispatch import Carrier
from scheduler.outcomes import GRACE, RECEIPT, Report, line_of, restart_lines
from scheduler.staff_text_outcomes import (
    LINE_PAUSE,
    adopt_staff_text,
    doubt_staff_text,
    fail_staff_text,
    put_off_staff_text,
    record_staff_text_outcome,
    record_staff_text_report,
)

_log = structlog.get_logger()
_BEFORE: Final = dt.timedelta(seconds=60)  # the carrier's clock and ours need not agree
_ASK_AGAIN: Final = dt.timedelta(minutes=1)
_LONGEST_WAIT: Final = dt.timedelta(hours=3)
_LONGEST_DOUBT: Final = dt.timedelta(hours=1)
_AHEAD: Final = AHEAD + dt.timedelta(seconds=3)
"""How far ahead a text by staff takes its slot: further than reminders do, so that it goes before
those that have none yet."""
_FULL_PAUSE: Final = dt.timedelta(seconds=1)
_MOST: Final = 50
"""How many are taken up in one run, so that none can go on for ever."""


@dataclass(frozen=True, slots=True)
class StaffTexts:
    """Sends what staff have written, of one database by one carrier.

    `callback_url` is where the carrier reports to; the text's id is added to it as `s`.
    """

    database: Database
    carrier: Carrier
    clinics: Clinics
    callback_url: str

    def run(self, clock: Clock, keep_going: Callable[[], bool] = lambda: True) -> int:
        """Send what waits and look up what must be, as long as `keep_going` says so; returns how
        many texts were taken up. `clock` gives the moment (UTC) by which they are due."""
        taken = 0
        while taken < _MOST and keep_going():
            if not self._send_one(clock) and not self._settle_one(clock):
                break
            taken += 1
        return taken

    def _send_one(self, clock: Clock) -> bool:
        now, real = clock(), wall_clock()
        lease = Lease(uuid.uuid4().hex, now + LEASE)
        with self.database.transaction() as session:
            claimed = claim_due(session, now, lease, real)
            if claimed is None:
                return False
            row, contact = claimed
            profile = self.clinics.get(session, row.clinic_id)
            if profile is None:
                raise LookupError("a text belongs to a clinic that is not there")
            obstacle = _obstacle(row, contact, now)
            if obstacle is not None:
                fail_staff_text(session, row, obstacle, None, now)
                return True
            slot = _slot(session, row, profile, now, real)
            if slot is None:
                return True
        early = (slot - wall_clock()).total_seconds()
        if early > 0:
            threading.Event().wait(early)
        outcome = self.carrier.send_text(
            OutgoingText(
                to=row.to,
                body=row.body,
                from_number=profile.texting_number,
                status_callback=f"{self.callback_url}?s={row.id}&a={row.attempts}",
                validity_seconds=int((row.send_by - now).total_seconds()),
            )
        )
        with self.database.transaction() as session:
            ours = lock_staff_text(session, row.id)
            if ours is not None:
                line = line_of(profile)
                record_staff_text_outcome(session, ours, lease.token, outcome, line, clock())
                if isinstance(outcome, Accepted):
                    restart_lines(session.connection(), {line}, real, by_report=False)
        return True

    def _settle_one(self, clock: Clock) -> bool:
        now = clock()
        lease = Lease(uuid.uuid4().hex, now + LEASE)
        with self.database.transaction() as session:
            row = claim_unsettled(session, now, lease)
        if row is None:
            return False
        try:
            found, is_answer = self._look_up(row), True
        except CarrierError as error:
            _log.warning("look_up_failed", staff_text=row.id, error=str(error))
            found, is_answer = None, False
        with self.database.transaction() as session:
            ours = lock_staff_text(session, row.id)
            if ours is not None and ours.token == lease.token:  # nobody was quicker
                _settle(session, ours, found, is_answer=is_answer, now=clock())
        return True

    def _look_up(self, row: StaffText) -> CarrierMessage | None:
        """Ask the carrier, with no transaction open. Raises `CarrierError` without an answer."""
        if row.sid is not None:
            return self.carrier.fetch_text(row.sid)
        if row.started_at is None:
            return None
        listed = self.carrier.find_texts(row.to, row.started_at - _BEFORE)
        return self._ours(row, listed)

    def _ours(self, row: StaffText, listed: Sequence[CarrierMessage]) -> CarrierMessage | None:
        """The message with these words that belongs to nothing else."""
        wanted = " ".join(row.body.split())
        same = [each for each in listed if " ".join(each.body.split()) == wanted]
        with self.database.reading() as session:
            known = sids_in_use(session, [each.sid for each in same])
        return next((each for each in same if each.sid not in known), None)


def _obstacle(row: StaffText, contact: Contact, now: dt.datetime) -> ErrorClass | None:
    """Why a text can't go out any more that could when it was written."""
    if contact.opted_out_at is not None:
        return ErrorClass.OPTED_OUT
    if not contact.reachable:
        return ErrorClass.BAD_NUMBER
    if not contact.textable:
        return ErrorClass.NOT_TEXTABLE
    return ErrorClass.TOO_LATE if now >= row.send_by else None


def _slot(
    session: Session, row: StaffText, profile: Profile, now: dt.datetime, real: dt.datetime
) -> dt.datetime | None:
    """When a claimed text may go out (real time); `None` if it has to wait and was put off.

    While the line is stopped it is tried with one text a minute, which may be this one.
    """
    connection, line = session.connection(), line_of(profile)
    stops = [stop for stop in stopped_lines(connection) if stop.line in {ACCOUNT, line}]
    is_due = all(stop.probe_at <= real for stop in stops)
    if not is_due or not all(take_probe(connection, stop, real) for stop in stops):
        row.error_class, row.error_code = stops[0].error_class, stops[0].error_code
        put_off_staff_text(row, now, LINE_PAUSE)
        return None
    slots = take_slots(connection, line, profile.messages_per_second, 1, _AHEAD, real)
    if not slots:
        put_off_staff_text(row, now, _FULL_PAUSE)
        return None
    return slots[0]


def _settle(
    session: Session,
    row: StaffText,
    found: CarrierMessage | None,
    *,
    is_answer: bool,
    now: dt.datetime,
) -> None:
    """What the carrier's word makes of a (locked) text; without `is_answer` it gave none."""
    row.token = None
    if found is not None:
        if row.status != "sent":
            adopt_staff_text(row, found.sid, now)
        report = Report(found.sid, found.status, found.error_code)
        record_staff_text_report(session, row, report, now)
    if row.status == "sent":
        _wait_for_receipt(row, now)
    elif found is None and is_answer:
        _not_found(session, row, now)
    elif found is None:
        doubt_staff_text(row, now)
        row.next_at = now + _ASK_AGAIN
        if now >= row.send_by + _LONGEST_DOUBT:
            fail_staff_text(session, row, ErrorClass.AMBIGUOUS, None, now)


def _wait_for_receipt(row: StaffText, now: dt.datetime) -> None:
    """Some networks report nothing after "sent": after a while it is taken for the last word."""
    waited = now - (row.sent_at or now)
    row.next_at = now + max(RECEIPT, waited) if waited < _LONGEST_WAIT else None
    if row.next_at is None:
        row.settled_at = now


def _not_found(session: Session, row: StaffText, now: dt.datetime) -> None:
    """The carrier knows nothing of it. Once its list can be trusted, it is as if it had not been
    tried."""
    if row.started_at is not None and wall_clock() < row.started_at + GRACE:
        doubt_staff_text(row, now)
    elif now >= row.send_by:
        fail_staff_text(session, row, ErrorClass.TOO_LATE, None, now)
    else:
        row.status, row.next_at = "planned", now
