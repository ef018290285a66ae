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
from db.lines import (
    ACCOUNT,
    Stop,
    give_back,
    room_ahead,
    stopped_lines,
    take_probe,
    take_slots,
)
from db.models import Appointment
from flows.library import Library
from profiles import Profile
from scheduler.calling import AHEAD, keep_call_pace
from scheduler.channel import Channel
from scheduler.deciding import Decision, PutOff, Send, Settle, Today, decide
from scheduler.outcomes import line_of
from scheduler.planning import ask_to_phone
from scheduler.policy import Kind, Reason

LEASE: Final = dt.timedelta(minutes=5)
"""Many times what a batch can take; a lease that ran out while its worker was alive would let
another worker doubt what is being sent."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What one claim took at a moment: the requests to make, each at its slot (both real time,
    UTC), how many rows were looked at, whether the sender had no slot left, and whether a line of
    the clinic was stopped."""

    sends: tuple[tuple[Send, dt.datetime], ...]
    looked_at: int
    at: dt.datetime
    is_paced: bool = False
    is_stopped: bool = False


@dataclass(frozen=True, slots=True)
class _Room:
    """How many may go out by a channel now; `is_probe` is the one that tries a stopped line.
    `is_full` tells of a call that is due and has no slot soon."""

    most: int
    is_probe: bool = False
    is_full: bool = False


def claim(
    connection: Connection,
    library: Library,
    profile: Profile,
    most: int,
    now: dt.datetime,
    real: dt.datetime,
    caller: str | None = None,
) -> Claim:
    """Take up at most `most` due reminders of a clinic, as many as its lines may take soon.

    `now` decides what is due; `real` is the real time, which pace and line are kept by. `caller` is
    the number that calls come from, if any can be made. Texts do not wait for a line of calls that
    is stopped or full, nor calls for that of texts.
    """
    stops = _stops(connection, profile)
    texts = _room(connection, profile, Channel.SMS, stops, most, now, real)
    calls = _Room(0)
    if not texts.is_probe:
        calls = _room(connection, profile, Channel.VOICE, stops, most, now, real)
    sender, rate = line_of(profile), profile.messages_per_second
    wanted = 0 if calls.is_probe else texts.most
    slots = take_slots(connection, sender, rate, wanted, AHEAD, real)
    is_paced = calls.is_full or len(slots) == 0 < texts.most
    count = len(slots) or calls.most
    if not count:
        return Claim((), 0, real, is_paced)
    lease = Lease(uuid.uuid4().hex, now + LEASE)
    channel = None if slots and calls.most else Channel.SMS if slots else Channel.VOICE
    rows = claim_due(connection, profile.id, now, count, channel)
    if len(_stops(connection, profile)) > len(stops):  # stopped while we were claiming
        _store(connection, [PutOff(row, now, Reason.LINE_STOPPED) for row in rows], now)
        give_back(connection, sender, slots)
        return Claim((), 0, real)
    decisions = _decide_all(connection, library, profile, rows, lease.token, now, caller)
    decisions = _keep_text_pace(decisions, len(slots), now)
    decisions, call_slots = keep_call_pace(connection, profile, decisions, now, real)
    sends = [decision for decision in decisions if isinstance(decision, Send)]
    sent_texts = [send for send in sends if send.channel is Channel.SMS]
    sent_calls = [send for send in sends if send.channel is Channel.VOICE]
    outbox.begin(connection, [_begun(send) for send in sends], lease, real)
    _store(connection, decisions, now)
    give_back(connection, sender, slots[len(sent_texts) :])
    timed = (
        *zip(sent_calls, call_slots, strict=True),
        *zip(sent_texts, slots, strict=False),
    )
    return Claim(timed, len(decisions), real, is_paced, is_stopped=bool(stops))


def _stops(connection: Connection, profile: Profile) -> Sequence[Stop]:
    """What a clinic's texts or calls are stopped by, if anything."""
    mine = {ACCOUNT, *(line_of(profile, channel) for channel in Channel)}
    return [stop for stop in stopped_lines(connection) if stop.line in mine]


def _room(
    connection: Connection,
    profile: Profile,
    channel: Channel,
    stops: Sequence[Stop],
    most: int,
    now: dt.datetime,
    real: dt.datetime,
) -> _Room:
    """How many may be taken: all (of calls, those that have a slot soon), one to try a stopped
    line, or none while it is stopped.

    A clinic with nothing to send leaves the try to the others of the account.
    """
    line = line_of(profile, channel)
    mine = [stop for stop in stops if stop.line in {ACCOUNT, line}]
    if mine:
        is_due = all(stop.probe_at <= real for stop in mine)
        tries = is_due and has_due(connection, profile.id, now, channel)
        taken = tries and all(take_probe(connection, stop, real) for stop in mine)
        return _Room(int(taken), is_probe=taken)
    if channel is Channel.SMS:
        return _Room(most)
    free = room_ahead(connection, line, profile.calls_per_second, AHEAD, real)
    is_full = not free and has_due(connection, profile.id, now, channel)
    return _Room(min(most, free), is_full=is_full)


def _keep_text_pace(decisions: Sequence[Decision], slots: int, now: dt.datetime) -> list[Decision]:
    """The decisions with no more texts than there are slots; one that was taken for a call, and
    whose patient wants texts since, comes to its turn a little later."""
    kept: list[Decision] = []
    for decision in decisions:
        if isinstance(decision, Send) and decision.channel is Channel.SMS:
            slots -= 1
            if slots < 0:
                until = min(now + AHEAD, decision.row.send_by)
                kept.append(PutOff(decision.row, until, None))
                continue
        kept.append(decision)
    return kept


def _decide_all(
    connection: Connection,
    library: Library,
    profile: Profile,
    rows: Sequence[Claimed],
    token: str,
    now: dt.datetime,
    caller: str | None,
) -> list[Decision]:
    if not rows:
        return []
    today = _Tally(connection, profile, rows, now)
    decisions = []
    for row in rows:
        decision = decide(library, profile, row, token, today.of(row), now, caller=caller)
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
        self._to_come = Counter(
            outbox.fasting_to_come(connection, profile.id, phones, ends.astimezone(dt.UTC))
        )

    def of(self, row: Claimed) -> Today:
        to_come = self._to_come[row.phone]
        return Today(self._sent[row.phone], to_come)

    def count(self, row: Claimed, decision: Decision) -> None:
        if row.kind == Kind.FASTING_START:
            self._to_come[row.phone] -= 1
        if isinstance(decision, Send):
            self._sent[row.phone] += 1


def _begun(send: Send) -> Values:
    is_text = send.channel is Channel.SMS
    return {
        "row": send.row.id,
        "to": send.to,
        "body": send.body,
        "channel": send.channel.value,
        "segments": count(send.body).count if is_text else 0,
    }


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
