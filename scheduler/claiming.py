"""Taking up what is due of one clinic: claim, decide, and store the decisions, in one transaction.

The clinic's sender is locked first, so that the claims of one sender follow one another: together
all workers keep its pace, and no phone gets more messages a day than the clinic allows.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from carrier.segments import count
from db import outbox
from db.bulk import Values
from db.claims import Claimed, Lease, claim_due, has_due
from db.contacts import make_contact
from db.lines import ACCOUNT, Stop, give_back, stopped_lines, take_probe, take_slots
from db.models import Appointment
from flows.library import Library
from profiles import Profile
from scheduler.deciding import Decision, PutOff, Send, Settle, Today, decide
from scheduler.outcomes import line_of
from scheduler.planning import ask_to_phone
from scheduler.policy import Kind, Reason

LEASE: Final = dt.timedelta(minutes=5)
"""Many times what a batch can take; a lease that ran out while its worker was alive would let
another worker doubt what is being sent."""
AHEAD: Final = dt.timedelta(seconds=2)
"""How far ahead slots of a sender are taken."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What one claim took at a moment: the requests to make, each at its slot (both real time,
    UTC), how many rows were looked at, and whether the sender had no slot left."""

    sends: tuple[tuple[Send, dt.datetime], ...]
    looked_at: int
    at: dt.datetime
    is_paced: bool = False


def claim(
    connection: Connection,
    library: Library,
    profile: Profile,
    most: int,
    now: dt.datetime,
    real: dt.datetime,
) -> Claim:
    """Take up at most `most` due reminders of a clinic, as many as its sender may send soon.

    `now` decides what is due; `real` is the real time, which pace and line are kept by.
    """
    stops = _stops(connection, profile)
    most = _allowed_on_line(connection, profile, stops, most, now, real)
    if not most:
        return Claim((), 0, real)
    sender = line_of(profile)
    slots = take_slots(connection, sender, profile.messages_per_second, most, AHEAD, real)
    if not slots:
        return Claim((), 0, real, is_paced=True)
    lease = Lease(uuid.uuid4().hex, now + LEASE)
    rows = claim_due(connection, profile.id, now, len(slots))
    if len(_stops(connection, profile)) > len(stops):  # stopped while we were claiming
        _store(connection, [PutOff(row, now, Reason.LINE_STOPPED) for row in rows], now)
        give_back(connection, sender, slots)
        return Claim((), 0, real)
    decisions = _decide_all(connection, library, profile, rows, lease.token, now)
    sends = [decision for decision in decisions if isinstance(decision, Send)]
    outbox.begin(connection, [_begun(send) for send in sends], lease, real)
    _store(connection, decisions, now)
    give_back(connection, sender, slots[len(sends) :])
    return Claim(tuple(zip(sends, slots, strict=False)), len(rows), real)


def _stops(connection: Connection, profile: Profile) -> Sequence[Stop]:
    """What a clinic's texts are stopped by, if anything."""
    mine = {ACCOUNT, line_of(profile)}
    return [stop for stop in stopped_lines(connection) if stop.line in mine]


def _allowed_on_line(
    connection: Connection,
    profile: Profile,
    stops: Sequence[Stop],
    most: int,
    now: dt.datetime,
    real: dt.datetime,
) -> int:
    """How many may be taken: all, one to try a stopped line, or none while it is stopped.

    A clinic with nothing to send leaves the try to the others of the account.
    """
    if not stops:
        return most
    if any(stop.probe_at > real for stop in stops) or not has_due(connection, profile.id, now):
        return 0
    return 1 if all(take_probe(connection, stop, real) for stop in stops) else 0


def _decide_all(
    connection: Connection,
    library: Library,
    profile: Profile,
    rows: Sequence[Claimed],
    token: str,
    now: dt.datetime,
) -> list[Decision]:
    if not rows:
        return []
    today = _Tally(connection, profile, rows, now)
    decisions = []
    for row in rows:
        decision = decide(library, profile, row, token, today.of(row), now)
        today.count(row, decision)
        decisions.append(decision)
    return decisions


class _Tally:
    """What each phone has had today, with what this claim is about to send."""

    def __init__(
        self, connection: Connection, profile: Profile, rows: Sequence[Claimed], now: dt.datetime
    ) -> None:
        local = now.astimezone(profile.zone)
        begins = local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(dt.UTC)
        ends = (local + dt.timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        phones = {row.phone for row in rows}
        self._sent = Counter(outbox.had_today(connection, profile.id, phones, begins))
        # The claimed rows themselves are under way already, and must not count against themselves.
        self._to_come = Counter(
            outbox.fasting_to_come(connection, profile.id, phones, ends.astimezone(dt.UTC))
        )
        for row in rows:
            if row.kind == Kind.FASTING_START:
                self._to_come[row.phone] += 1
            if row.to == row.phone:  # an earlier attempt of the same row is no second message
                self._sent[row.phone] = max(0, self._sent[row.phone] - 1)

    def of(self, row: Claimed) -> Today:
        to_come = self._to_come[row.phone]
        return Today(self._sent[row.phone], to_come)

    def count(self, row: Claimed, decision: Decision) -> None:
        if row.kind == Kind.FASTING_START:
            self._to_come[row.phone] -= 1
        if isinstance(decision, Send):
            self._sent[row.phone] += 1


def _begun(send: Send) -> Values:
    segments = count(send.body).count
    about = {"row": send.row.id, "to": send.to, "body": send.body}
    return {**about, "channel": "sms", "segments": segments}


def _store(connection: Connection, decisions: Sequence[Decision], now: dt.datetime) -> None:
    put_off: list[Values] = []
    settled: list[Values] = []
    to_phone: list[Settle] = []
    for decision in decisions:
        match decision:
            case Send(row=row, to=to):
                if row.contact_id is None:
                    make_contact(connection, row.clinic_id, to, now)
            case PutOff(row, until, reason):
                put_off.append({"row": row.id, "until": until, "reason": reason})
            case Settle(row, status, reason, channel, phone):
                settled.append(
                    {
                        "row": row.id,
                        "status": status,
                        "reason": reason.value,
                        "channel": channel.value,
                        "at": now,
                    }
                )
                to_phone += [decision] if phone else []
    outbox.put_off(connection, put_off)
    outbox.settle(connection, settled)
    _ask_to_phone(connection, to_phone, now)


def _ask_to_phone(connection: Connection, settled: Sequence[Settle], now: dt.datetime) -> None:
    if not settled:
        return
    with Session(connection, expire_on_commit=False) as session:
        for each in settled:
            appointment = session.get_one(Appointment, each.row.appointment_id)
            ask_to_phone(session, appointment, each.row.contact_id, each.reason, now)
        session.flush()
