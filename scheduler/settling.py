"""Finding out what became of messages: after a crash, an unclear answer, or a report that is late.

A row in doubt is looked for in the carrier's list. Found, it is taken for sent; not found after the
grace period, it never left and may be sent again. Only an answer of the carrier counts as "not
found"; no answer means asking again later.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from carrier.client import CarrierCall, CarrierError, CarrierMessage
from db.claims import Claimed, Lease, claim_unsettled
from db.clinics import Clinics
from db.models import Reminder
from db.reminders import lock_with_contact, note
from db.session import Database
from profiles import Profile
from scheduler.call_reports import settle_call
from scheduler.callbacks import subject_of
from scheduler.channel import Channel
from scheduler.claiming import LEASE
from scheduler.clocks import Clock, wall_clock
from scheduler.dispatch import Carrier
from scheduler.outcomes import GRACE, RECEIPT, Report, adopt, give_up, record_report
from scheduler.planning import ask_to_phone
from scheduler.policy import Reason

_log = structlog.get_logger()
_BATCH: Final = 20
_MOST_BATCHES: Final = 5
_BEFORE: Final = dt.timedelta(seconds=60)  # the carrier's clock and ours need not agree
_ASK_AGAIN: Final = dt.timedelta(minutes=1)
_LONGEST_WAIT: Final = dt.timedelta(hours=3)
_LONGEST_DOUBT: Final = dt.timedelta(hours=1)
_HELD: Final = frozenset({"scheduled", "accepted", "queued", "sending"})


@dataclass(frozen=True, slots=True)
class _Found:
    """What the carrier said: its message, that it has none, or nothing (`is_answer` is false)."""

    message: CarrierMessage | CarrierCall | None
    is_answer: bool


@dataclass(frozen=True, slots=True)
class Settler:
    """Settles the rows of one database with one carrier."""

    database: Database
    carrier: Carrier
    clinics: Clinics

    def run(self, clock: Clock) -> int:
        """Look up what must be looked up now; returns how many rows were looked at.

        Stops after a while, so that sending is not kept waiting by a long list.
        """
        looked_at = 0
        for _ in range(_MOST_BATCHES):
            count = self._run_batch(clock)
            looked_at += count
            if count < _BATCH:
                break
        return looked_at

    def _run_batch(self, clock: Clock) -> int:
        now = clock()
        lease = Lease(uuid.uuid4().hex, now + LEASE)
        with self.database.connection() as connection:
            rows = claim_unsettled(connection, now, lease, _BATCH)
        for row in rows:
            found = self._look_up(row)
            with self.database.transaction() as session:
                self._settle(session, row, lease.token, found, clock())
        return len(rows)

    def _look_up(self, row: Claimed) -> _Found:
        """Ask the carrier, with no transaction open."""
        try:
            if row.sid is not None:
                return _Found(self._fetch(row, row.sid), is_answer=True)
            if row.started_at is None or row.to is None:
                return _Found(None, is_answer=True)  # it was never begun
            since = row.started_at - _BEFORE
            if row.planned_by == Channel.VOICE:
                called = self.carrier.find_calls(row.to, since)
                return _Found(self._call_of(row, called), is_answer=True)
            listed = self.carrier.find_texts(row.to, since)
        except CarrierError as error:
            _log.warning("look_up_failed", reminder=row.id, error=str(error))
            return _Found(None, is_answer=False)
        return _Found(self._ours(row, listed), is_answer=True)

    def _ours(self, row: Claimed, listed: Sequence[CarrierMessage]) -> CarrierMessage | None:
        """The message with this row's words that belongs to no other row."""
        wanted = " ".join((row.body or "").split())
        same = [each for each in listed if " ".join(each.body.split()) == wanted]
        known = self._known(each.sid for each in same)
        return next((each for each in same if each.sid not in known), None)

    def _call_of(self, row: Claimed, listed: Sequence[CarrierCall]) -> CarrierCall | None:
        """The call from this clinic's number that belongs to no other row. Nothing that was said
        tells calls apart; but a phone is never called twice within two minutes."""
        with self.database.reading() as session:
            profile = self.clinics.get(session, row.clinic_id)
        number = profile.texting_number if profile is not None else None
        ours = [each for each in listed if number in (None, each.from_number)]
        known = self._known(each.sid for each in ours)
        return next((each for each in ours if each.sid not in known), None)

    def _known(self, sids: Iterable[str]) -> set[str | None]:
        with self.database.reading() as session:
            return set(session.scalars(select(Reminder.sid).where(Reminder.sid.in_(list(sids)))))

    def _fetch(self, row: Claimed, sid: str) -> CarrierMessage | CarrierCall | None:
        is_call = row.planned_by == Channel.VOICE
        return self.carrier.fetch_call(sid) if is_call else self.carrier.fetch_text(sid)

    def _settle(
        self, session: Session, claimed: Claimed, token: str, found: _Found, now: dt.datetime
    ) -> None:
        profile = self.clinics.get(session, claimed.clinic_id)
        row = lock_with_contact(session, claimed.id, now)
        if row is None or profile is None or row.token != token:
            return  # a callback or another worker was quicker
        if isinstance(found.message, CarrierCall):
            call = found.message
            settle_call(session, profile, row, call.sid, call.status, None, now)
            if row.status == "sent":
                _wait_for_receipt(session, row, now)
        elif found.message is not None:
            _adopt_message(session, profile, row, found.message, now)
        elif row.status == "sent":
            _wait_for_receipt(session, row, now)
        elif not found.is_answer:
            _ask_again(session, row, now)
        elif row.started_at is not None and wall_clock() < row.started_at + GRACE:
            row.status, row.reason = "in_doubt", Reason.IN_DOUBT
            row.next_at = now + GRACE
            row.token = None
        else:
            _never_left(session, row, now)


def _adopt_message(
    session: Session, profile: Profile, row: Reminder, message: CarrierMessage, now: dt.datetime
) -> None:
    subject = subject_of(profile, row)
    if row.status != "sent":
        note(session, row.id, "found_at_carrier", now)
        adopt(session, row, message.sid, subject, now)
    report = Report(message.sid, message.status, message.error_code)
    row.token = None
    record_report(session, profile, row, report, subject, now)
    if row.status == "sent":
        _wait_for_receipt(session, row, now)
    elif row.status == "in_doubt":  # the carrier itself does not know, and will not know later
        give_up(session, row, "failed", Reason.IN_DOUBT, now)


def _wait_for_receipt(session: Session, row: Reminder, now: dt.datetime) -> None:
    """Some networks report nothing after "sent": after a while it is taken for the last word. What
    the carrier still holds back is not there yet; it is watched until its time is over. A call that
    was placed says nothing of being heard: if its end stays unknown, a person phones."""
    row.token = None
    waited = now - (row.sent_at or now)
    is_held = row.carrier_status in _HELD and now < row.send_by + _LONGEST_DOUBT
    row.next_at = now + max(RECEIPT, waited) if waited < _LONGEST_WAIT or is_held else None
    if row.next_at is None and row.channel == Channel.VOICE:
        give_up(session, row, "failed", Reason.IN_DOUBT, now)
    elif row.next_at is None:
        row.settled_at = now


def _ask_again(session: Session, row: Reminder, now: dt.datetime) -> None:
    """The carrier gave no answer. When the message's time is over, a person asks the patient."""
    row.status, row.reason, row.token = "in_doubt", Reason.IN_DOUBT, None
    if now >= row.send_by + _LONGEST_DOUBT:
        give_up(session, row, "failed", Reason.IN_DOUBT, now)
        return
    row.next_at = now + _ASK_AGAIN
    ask_to_phone(session, row.appointment, None, Reason.IN_DOUBT, now)


def _never_left(session: Session, row: Reminder, now: dt.datetime) -> None:
    """The carrier knows nothing of it: it is as if it had not been tried."""
    note(session, row.id, "never_left", now)
    if now >= row.send_by:
        give_up(session, row, "missed", Reason.TOO_LATE, now)
        return
    row.status, row.reason, row.token, row.next_at = "planned", None, None, now
    row.carrier_status = None  # that of an earlier attempt says nothing of one that never was
