"""Sending what is due: claim, release the database, send, write down what happened.

The carrier has no way to send "at most once". So a row is marked before its request goes out, and
a row whose outcome is not known is never simply sent again: it is looked for first.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

from carrier.client import CarrierMessage, OutgoingText
from carrier.outcome import Accepted, SendOutcome
from db.clinics import Clinics
from db.lines import ACCOUNT, start_lines, stopped_lines
from db.session import Database
from flows.library import Library
from profiles import Profile
from scheduler.claiming import Claim, claim
from scheduler.deciding import Send
from scheduler.lateness import LatenessLog
from scheduler.outcomes import Result, line_of, record_accepted, record_other

_log = structlog.get_logger()

_BATCH: Final = 40
_GROUP: Final = 25
Clock = Callable[[], dt.datetime]


class Carrier(Protocol):
    """The part of the carrier that reminders need."""

    def send_text(self, text: OutgoingText) -> SendOutcome:
        """Send one text, once; trouble is an outcome, not an exception."""

    def find_texts(self, to: str, sent_after: dt.datetime) -> list[CarrierMessage]:
        """Our texts to a number since a moment. Raises `carrier.client.CarrierError`."""

    def fetch_text(self, sid: str) -> CarrierMessage | None:
        """One message of ours. Raises `carrier.client.CarrierError`."""


def wall_clock() -> dt.datetime:
    """The present moment, UTC."""
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Sends due reminders of one database by one carrier.

    `callback_url` is where the carrier reports to; the reminder's id is added to it. `threads`
    requests are under way at once.
    """

    database: Database
    carrier: Carrier
    library: Library
    clinics: Clinics
    callback_url: str
    threads: int = 8
    lateness: LatenessLog = field(default_factory=LatenessLog)

    def run(self, clock: Clock, keep_going: Callable[[], bool] = lambda: True) -> int:
        """Send what is due until nothing is, or `keep_going` says no; returns how many were looked
        at. `clock` gives the moment (UTC) by which rows are due. What was claimed is finished."""
        looked_at = 0
        under_way: dict[Future[Result], Profile] = {}
        with ThreadPoolExecutor(self.threads, thread_name_prefix="send") as pool:
            while True:
                wanted = keep_going() and len(under_way) < _BATCH
                claimed = self._claim_all(clock) if wanted else []
                for profile, one in claimed:
                    looked_at += one.looked_at
                    for send, slot in one.sends:
                        under_way[pool.submit(self._send, send, slot, clock)] = profile
                idle = wanted and not any(one.looked_at or one.is_paced for _, one in claimed)
                if not under_way and (idle or not wanted):
                    break
                self._record_done(under_way)
        self.lateness.flush(self.database)
        return looked_at

    def _claim_all(self, clock: Clock) -> list[tuple[Profile, Claim]]:
        """One claim for each clinic; a short transaction each."""
        with self.database.reading() as session:
            profiles = self.clinics.all(session)
        claims = []
        for profile in profiles.values():
            with self.database.connection() as connection:
                one = claim(connection, self.library, profile, _BATCH, clock(), wall_clock())
            claims.append((profile, one))
        return claims

    def _send(self, send: Send, slot: dt.datetime, clock: Clock) -> Result:
        """Make one request at its slot. Nothing is held of the database meanwhile."""
        threading.Event().wait(max(0.0, (slot - wall_clock()).total_seconds()))
        outcome = self.carrier.send_text(
            OutgoingText(
                to=send.to,
                body=send.body,
                from_number=send.from_number,
                status_callback=f"{self.callback_url}?r={send.row.id}",
                validity_seconds=send.validity_seconds,
            )
        )
        return Result(send, outcome, clock())

    def _record_done(self, under_way: dict[Future[Result], Profile]) -> None:
        """Wait for the next requests to end and write down what became of them, as a group."""
        if not under_way:
            threading.Event().wait(0.05)  # all slots of the next moments are taken
            return
        done, _ = wait(under_way, timeout=1.0, return_when=FIRST_COMPLETED)
        if len(done) < _GROUP and len(under_way) > len(done):
            more, _ = wait(under_way, timeout=0.01)
            done |= more
        finished = [(under_way.pop(each), each.result()) for each in done]
        self._record_accepted([r for _, r in finished if isinstance(r.outcome, Accepted)])
        for profile, result in finished:
            if not isinstance(result.outcome, Accepted):
                with self.database.transaction() as session:
                    record_other(session, profile, result)
        self._restart_lines(finished)

    def _record_accepted(self, results: list[Result]) -> None:
        if not results:
            return
        with self.database.connection() as connection:
            record_accepted(connection, results)
        self.lateness.add((r.at - r.send.row.due_at).total_seconds() for r in results)

    def _restart_lines(self, finished: Iterable[tuple[Profile, Result]]) -> None:
        """What went out on a stopped line shows that it runs again."""
        works = {line_of(p) for p, r in finished if isinstance(r.outcome, Accepted)}
        if not works:
            return
        with self.database.reading() as session:
            stopped = {stop.line for stop in stopped_lines(session.connection())}
        lines = sorted(stopped & (works | {ACCOUNT}))
        if lines:
            with self.database.connection() as connection:
                start_lines(connection, lines)
            _log.warning("line_started", lines=lines)
