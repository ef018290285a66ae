"""The last look at a claimed reminder: may it still be sent, and what exactly. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from db.claims import Claimed
from flows.library import Library
from flows.model import Subject
from profiles import Profile
from scheduler.bodies import Occasioned, body_of, spoken_body
from scheduler.channel import Channel, Reachability, choose_channel
from scheduler.clock_words import day_words
from scheduler.policy import Kind, Reason, closing, next_opening

RING_SECONDS: Final = 30
"""How long a call rings: long enough to come to the phone, and for a machine to take it."""
CALL_TAKES: Final = dt.timedelta(seconds=RING_SECONDS + 15)
"""What a call needs before the window or its use ends: to wait for its slot, and to ring."""


@dataclass(frozen=True, slots=True)
class Send:
    """One request to make: whom, by which channel, what, and how many seconds the carrier may take
    over it. `from_number` is `None` where the carrier picks one; a call always has one."""

    row: Claimed = field(repr=False)
    token: str
    attempt: int
    kind: Kind
    channel: Channel
    to: str = field(repr=False)
    body: str = field(repr=False)
    from_number: str | None
    validity_seconds: int
    subject: Subject = field(repr=False)


@dataclass(frozen=True, slots=True)
class Settle:
    """The row's last word: it is not sent. `phone` asks a coordinator to phone the patient."""

    row: Claimed = field(repr=False)
    status: str
    reason: Reason
    channel: Channel
    phone: bool


@dataclass(frozen=True, slots=True)
class PutOff:
    """Not now: the row is looked at again later. It was not an attempt."""

    row: Claimed = field(repr=False)
    until: dt.datetime
    reason: Reason | None


Decision: TypeAlias = Send | Settle | PutOff


@dataclass(frozen=True, slots=True)
class Today:
    """How many messages a phone has had on the clinic's calendar day, and how many fasting
    reminders are still to come on it."""

    sent: int = 0
    fasting_to_come: int = 0


def decide(
    library: Library,
    profile: Profile,
    row: Claimed,
    token: str,
    today: Today,
    now: dt.datetime,
    *,
    caller: str | None = None,
) -> Decision:
    """Look at a claimed row once more; `now` is UTC. `caller` is the number that the clinic's calls
    come from, if it can make any.

    Everything may have changed since it was planned: the appointment, the patient's number, wishes
    and language, the hour. A row that can't be sent any more gets its final state; the patient who
    would otherwise hear nothing is phoned.
    """
    channel, obstacle = choose_channel(reachability(row))
    if row.appointment_version != row.version:
        return Settle(row, "cancelled", Reason.MOVED, channel, phone=False)
    if row.appointment_status != ("cancelled" if row.kind == Kind.CANCELLED else "scheduled"):
        return Settle(row, "cancelled", Reason.CANCELLED, channel, phone=False)
    if obstacle is not None:
        return Settle(row, "skipped", obstacle, channel, phone=True)
    if now >= row.send_by:
        return Settle(row, "missed", Reason.TOO_LATE, channel, phone=True)
    waiting = _wait(profile, row, today, now)
    if waiting is not None:
        return waiting
    if channel is Channel.VOICE and caller is None:
        return Settle(row, "missed", Reason.CALLS_UNAVAILABLE, channel, phone=True)
    if channel is Channel.VOICE and now + CALL_TAKES >= min(row.send_by, closing(profile, now)):
        return _too_late_to_ring(profile, row, now)
    number = caller if channel is Channel.VOICE else profile.texting_number
    return _send(library, profile, row, token, channel, number, now)


def reachability(row: Claimed) -> Reachability:
    """What is known of how the row's patient can be reached. One that is called because its texts
    did not arrive goes on being called."""
    called = row.attempts > 0 and row.planned_by == Channel.VOICE
    return Reachability(
        preference=Channel.VOICE if called else row.channel,
        sms_consent=row.sms_consent,
        voice_consent=row.voice_consent,
        opted_out=row.opted_out_at is not None,
        textable=row.textable is not False,
        reachable=row.reachable is not False,
    )


def _wait(profile: Profile, row: Claimed, today: Today, now: dt.datetime) -> PutOff | Settle | None:
    """Why a row can't go out just now, if so: a hold after a red flag, the night, enough messages
    for one day. It is looked at again at `send_by` at the latest, so that it is never forgotten."""
    if row.held_until is not None and row.held_until > now:
        return PutOff(row, min(row.held_until, row.send_by), Reason.HELD)
    opening = next_opening(profile, now)
    if opening > now:
        return PutOff(row, min(opening, row.send_by), None)
    reserved = 0 if row.kind == Kind.FASTING_START else today.fasting_to_come
    if today.sent + reserved < profile.messages_per_day:
        return None
    tomorrow = next_opening(profile, closing(profile, now))
    if tomorrow < row.send_by:
        return PutOff(row, tomorrow, Reason.DAILY_CAP)
    channel, _ = choose_channel(reachability(row))
    return Settle(row, "skipped", Reason.DAILY_CAP, channel, phone=True)


def _too_late_to_ring(profile: Profile, row: Claimed, now: dt.datetime) -> PutOff | Settle:
    """The phone would ring into the night, or past the message's use."""
    opening = next_opening(profile, closing(profile, now))
    if now + CALL_TAKES < row.send_by and opening < row.send_by:
        return PutOff(row, opening, None)
    return Settle(row, "missed", Reason.TOO_LATE, Channel.VOICE, phone=True)


def _send(
    library: Library,
    profile: Profile,
    row: Claimed,
    token: str,
    channel: Channel,
    from_number: str | None,
    now: dt.datetime,
) -> Send:
    kind = Kind(row.kind)
    words = spoken_body if channel is Channel.VOICE else body_of
    about = Occasioned(row.first_name, row.language, row.procedure, row.starts_at)
    latest = min(row.send_by, closing(profile, now))
    return Send(
        row=row,
        token=token,
        attempt=row.attempts + 1,
        kind=kind,
        channel=channel,
        to=row.phone,
        body=words(library, profile, about, kind, now),
        from_number=from_number,
        validity_seconds=int((latest - now).total_seconds()),
        subject=subject_of(profile, row),
    )


def subject_of(profile: Profile, row: Claimed) -> Subject:
    """What a reminder asks about, in the words that it uses itself."""
    local = row.starts_at.astimezone(profile.zone)
    day = day_words(local.date(), row.language)
    return Subject(row.appointment_id, row.version, row.first_name, day, row.starts_at)
