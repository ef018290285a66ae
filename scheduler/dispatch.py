"""Sending what is due: claim, release the database, send, write down what happened.

The carrier has no way to send "at most once". So a row is marked before its request goes out, and
a row whose outcome is not known is never simply sent again: it is looked for first.
"""

from __future__ import annotations

import datetime as dt
import math
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

from carrier.client import CarrierCall, CarrierMessage, OutgoingCall, OutgoingText
from carrier.outcome import Accepted, NotSent, NotSentWhy, SendOutcome
from db.clinics import Clinics
from db.session import Database
from flows.library import Library
from profiles import Profile
from scheduler.channel import Channel
from scheduler.claiming import LEASE, Claim, claim
from scheduler.clocks import Clock, wall_clock
from scheduler.deciding import RING_SECONDS, Send
from scheduler.lateness import LatenessLog
from scheduler.outcomes import (
    Result,
    line_of,
    record_accepted,
    record_other,
    restart_lines,
)
from scheduler.senders import Senders

_log = structlog.get_logger()

_BATCH: Final = 500
_ENOUGH: Final = 500
"""Requests under way or waiting for a thread: with fewer, more reminders are claimed, so that the
threads have work while the database is spoken to."""
_GROUP: Final = 500
_PATIENCE: Final = 0.3
"""How many seconds a message that was accepted waits for others to be written down with it."""
_PACE: Final = 0.05
"""How many seconds until a sender whose slots are all taken is asked for more."""
_LEASE_LEFT: Final = dt.timedelta(minutes=1)
"""What must be left of a lease when a request begins: far more than it can take."""


@dataclass(frozen=True, slots=True)
class _Job:
    """A request to make at its slot, unless its lease is nearly over; when it was claimed, and
    whether one of the clinic's lines was stopped then."""

    profile: Profile
    send: Send
    slot: dt.datetime
    claimed_at: dt.datetime
    is_stopped: bool
    lease_end: dt.datetime


@dataclass(frozen=True, slots=True)
class CallDesk:
    """What calls need: the address under which the app answers them, the number they come from
    where a clinic has none of its own, and what is asked when the app does not answer: an address
    on another host, in which `{clinic}` stands for the clinic's id. Without one it is the app's
    own, which helps where only that one request went wrong."""

    url: str
    number: str | None = field(repr=False)
    fallback_url: str | None = None

    def fallback_for(self, clinic_id: str) -> str:
        """Where the carrier asks when a call of this clinic's gets no answer from the app."""
        return (self.fallback_url or f"{self.url}/fallback").replace("{clinic}", clinic_id)


class Carrier(Protocol):
    """The part of the carrier that reminders need."""

    def send_text(self, text: OutgoingText) -> SendOutcome:
        """Send one text, once; trouble is an outcome, not an exception."""

    def place_call(self, call: OutgoingCall) -> SendOutcome:
        """Make one call, once; trouble is an outcome, not an exception."""

    def find_texts(self, to: str, sent_after: dt.datetime, /) -> list[CarrierMessage]:
        """Our texts to a number since a moment. Raises `carrier.client.CarrierError`."""

    def fetch_text(self, sid: str, /) -> CarrierMessage | None:
        """One message of ours. Raises `carrier.client.CarrierError`."""

    def find_calls(self, to: str, made_after: dt.datetime, /) -> list[CarrierCall]:
        """Our calls to a number since a moment. Raises `carrier.client.CarrierError`."""

    def fetch_call(self, sid: str, /) -> CarrierCall | None:
        """One call of ours. Raises `carrier.client.CarrierError`."""


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Sends due reminders of one database by one carrier.

    `callback_url` is where the carrier reports on texts; the reminder's id is added to it. Without
    a `desk` no calls are made. `threads` requests are under way at once.
    """

    database: Database
    carrier: Carrier
    library: Library
    clinics: Clinics
    callback_url: str
    desk: CallDesk | None = None
    threads: int = 8
    lateness: LatenessLog = field(default_factory=LatenessLog)

    def run(self, clock: Clock, keep_going: Callable[[], bool] = lambda: True) -> int:
        """Send what is due until nothing is, or `keep_going` says no; returns how many were looked
        at. `clock` gives the moment (UTC) by which rows are due. What was claimed is finished."""
        looked_at = 0
        senders: Senders[_Job, tuple[_Job, Result]] = Senders(
            self.threads, lambda job: (job, self._send(job, clock))
        )
        with closing(senders):
            while True:
                wanted = keep_going() and senders.under_way < _ENOUGH
                lease_end = clock() + LEASE - _LEASE_LEFT
                claimed = self._claim_all(clock) if wanted else []
                for profile, one in claimed:
                    looked_at += one.looked_at
                    senders.give(
                        _Job(profile, *each, one.at, one.is_stopped, lease_end)
                        for each in one.sends
                    )
                if wanted and any(one.looked_at for _, one in claimed):
                    continue
                is_paced = any(one.is_paced for _, one in claimed)
                if senders.under_way:
                    self._record(senders.collect(_GROUP, 1.0, _PATIENCE))
                elif is_paced:
                    threading.Event().wait(_PACE)
                else:
                    break
        self.lateness.flush(self.database)
        return looked_at

    def _claim_all(self, clock: Clock) -> list[tuple[Profile, Claim]]:
        """One claim for each clinic; a short transaction each."""
        with self.database.reading() as session:
            profiles = self.clinics.all(session)
        claims = []
        for profile in profiles.values():
            with self.database.connection() as connection:
                one = claim(
                    connection,
                    self.library,
                    profile,
                    _BATCH,
                    clock(),
                    wall_clock(),
                    self._caller(profile),
                )
            claims.append((profile, one))
        return claims

    def _caller(self, profile: Profile) -> str | None:
        return (profile.texting_number or self.desk.number) if self.desk else None

    def _send(self, job: _Job, clock: Clock) -> Result:
        """Make one request at its slot. Nothing is held of the database meanwhile.

        When requests before it have hung for so long that its lease is nearly over, it is not
        made: another worker could be looking for its message already. What it waited for is taken
        off the time that the carrier has; with none left the carrier's client sends nothing.
        """
        send = job.send
        early = (job.slot - wall_clock()).total_seconds()
        if early > 0:
            threading.Event().wait(early)
        begun = clock()
        if begun >= job.lease_end:
            return Result(send, NotSent(NotSentWhy.NOT_BEGUN), begun)
        waited = begun - (
            job.lease_end - LEASE + _LEASE_LEFT
        )  # since shortly before it was claimed
        if send.channel is Channel.VOICE and self.desk is not None:
            outcome = self._call(job, self.desk, waited)
        else:
            outcome = self._text(send, waited)
        return Result(send, outcome, clock())

    def _text(self, send: Send, waited: dt.timedelta) -> SendOutcome:
        return self.carrier.send_text(
            OutgoingText(
                to=send.to,
                body=send.body,
                from_number=send.from_number,
                status_callback=f"{self.callback_url}?{_ours(send)}",
                validity_seconds=send.validity_seconds - math.ceil(waited.total_seconds()),
            )
        )

    def _call(self, job: _Job, desk: CallDesk, waited: dt.timedelta) -> SendOutcome:
        send = job.send
        if waited.total_seconds() >= send.validity_seconds - RING_SECONDS:
            return NotSent(NotSentWhy.TOO_LATE)
        return self.carrier.place_call(
            OutgoingCall(
                to=send.to,
                from_number=send.from_number,
                url=f"{desk.url}/reminder?{_ours(send)}",
                status_callback=f"{desk.url}/status?{_ours(send)}",
                fallback_url=desk.fallback_for(job.profile.id),
                ring_seconds=RING_SECONDS,
            )
        )

    def _record(self, finished: Sequence[tuple[_Job, Result]]) -> None:
        """Write down what became of requests, as a group."""
        self._record_accepted([r for _, r in finished if isinstance(r.outcome, Accepted)])
        for job, result in finished:
            if not isinstance(result.outcome, Accepted):
                with self.database.transaction() as session:
                    record_other(session, job.profile, result)
        self._restart_lines([job for job, r in finished if isinstance(r.outcome, Accepted)])

    def _record_accepted(self, results: list[Result]) -> None:
        if not results:
            return
        with self.database.connection() as connection:
            record_accepted(connection, results)
        self.lateness.add((r.at - r.send.row.due_at).total_seconds() for r in results)

    def _restart_lines(self, accepted: Sequence[_Job]) -> None:
        """What was claimed of a stopped line and went out shows that it runs again."""
        tries = [job for job in accepted if job.is_stopped]
        if not tries:
            return
        works = {line_of(job.profile, job.send.channel) for job in tries}
        newest = max(job.claimed_at for job in tries)
        with self.database.connection() as connection:
            restart_lines(connection, works, newest, by_report=False)


def _ours(send: Send) -> str:
    """What tells us in the carrier's requests which attempt of which reminder they are about."""
    return f"r={send.row.id}&a={send.attempt}"
