"""Sending what is due: claim, release the database, send, write down what happened.

The carrier has no way to send "at most once". So a row is marked before its request goes out, and
a row whose outcome is not known is never simply sent again.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Protocol

import structlog
from sqlalchemy.orm import Session

from carrier.client import OutgoingText
from carrier.outcome import SendOutcome
from db.clinics import Clinics
from db.models import Reminder
from db.reminders import claim_due, expired_leases, note
from db.session import Database
from flows.library import Library
from scheduler.deciding import Send, decide
from scheduler.outcomes import in_doubt, record_outcome

_log = structlog.get_logger()

LEASE: Final = dt.timedelta(minutes=5)
_BATCH: Final = 40
Clock = Callable[[], dt.datetime]


class TextSender(Protocol):
    """The part of the carrier that dispatch needs."""

    def send_text(self, text: OutgoingText) -> SendOutcome:
        """Send one text, once; trouble is an outcome, not an exception."""


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Sends due reminders of one database by one carrier.

    `callback_url` is where the carrier reports to; the reminder's id is added to it. `threads`
    requests are under way at once. The lease is many times what a batch can take, for a lease that
    ran out while its worker was alive would let another worker doubt what is being sent.
    """

    database: Database
    carrier: TextSender
    library: Library
    clinics: Clinics
    callback_url: str
    threads: int = 8

    def run(self, clock: Clock, keep_going: Callable[[], bool] = lambda: True) -> int:
        """Send what is due until nothing is, or `keep_going` says no; returns how many were taken.

        `clock` gives the moment (UTC) by which rows are due. What was claimed is always finished.
        """
        taken = 0
        with ThreadPoolExecutor(self.threads, thread_name_prefix="send") as pool:
            while keep_going():
                count, sends = self._claim(clock())
                if not count:
                    break
                taken += count
                for _ in pool.map(lambda send: self._send(send, clock), sends):
                    pass
        return taken

    def _claim(self, now: dt.datetime) -> tuple[int, list[Send]]:
        """Claim a batch and decide in the same transaction what becomes of each row."""
        with self.database.transaction() as session:
            for lost in expired_leases(session, now, _BATCH):
                in_doubt(session, lost, "the worker that was sending it stopped", now)
            rows = claim_due(session, now, now + LEASE, uuid.uuid4().hex, _BATCH)
            decided = [self._decide(session, row, now) for row in rows]
            return len(rows), [send for send in decided if send is not None]

    def _decide(self, session: Session, row: Reminder, now: dt.datetime) -> Send | None:
        profile = self.clinics.get(session, row.appointment.clinic_id)
        if profile is None:
            raise LookupError(f"clinic {row.appointment.clinic_id} is gone")
        return decide(session, self.library, profile, row, now)

    def _send(self, send: Send, clock: Clock) -> None:
        outcome = self.carrier.send_text(
            OutgoingText(
                to=send.to,
                body=send.body,
                from_number=send.from_number,
                status_callback=f"{self.callback_url}?r={send.reminder_id}",
                validity_seconds=send.validity_seconds,
            )
        )
        now = clock()
        with self.database.transaction() as session:
            record_outcome(session, send, outcome, now)
            note(session, send.reminder_id, type(outcome).__name__.lower(), now)
        _log.info("reminder_sent", reminder=send.reminder_id, outcome=type(outcome).__name__)
