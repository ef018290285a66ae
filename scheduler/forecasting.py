"""A day ahead, played through: which messages will go out, and who will hear nothing and why.

The worker's own decisions are asked, each at the moment at which the worker will look; nothing is
claimed, stored or sent.
"""

from __future__ import annotations

import datetime as dt
import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.engine import Connection

from carrier.segments import count
from db.forecasts import Due, Whom, due_between, never_planned, whom_of
from flows.library import Library
from profiles import Profile
from scheduler.channel import Channel
from scheduler.deciding import PutOff, Send, Settle, Today, decide
from scheduler.policy import Kind, Reason
from scheduler.reconciling import LOOK_AHEAD


@dataclass(frozen=True, slots=True)
class Going:
    """A message that will go out at a moment (UTC), by a text or a call; a call has no segments."""

    at: dt.datetime
    whom: Whom
    to: str = field(repr=False)
    kind: Kind
    channel: Channel
    language: str
    body: str = field(repr=False)
    segments: int


@dataclass(frozen=True, slots=True)
class Staying:
    """A message that will not go out on the day. `kind` and `reason` are `None` for an appointment
    that no message was ever planned for; `is_silent` says that the patient gets no other."""

    at: dt.datetime
    whom: Whom
    kind: Kind | None
    reason: Reason | None
    is_silent: bool


@dataclass(frozen=True, slots=True)
class Forecast:
    """A clinic's day, each part by moment."""

    clinic_id: str
    day: dt.date
    going: tuple[Going, ...]
    staying: tuple[Staying, ...]


def forecast(
    connection: Connection,
    library: Library,
    profile: Profile,
    day: dt.date,
    *,
    caller: str | None = None,
) -> Forecast:
    """Play through a clinic's calendar day that has not begun, as things stand now. `caller` is the
    number that calls come from where the clinic has none of its own, as the worker has it."""
    begins = _midnight(profile, day)
    ends = _midnight(profile, day + dt.timedelta(days=1))
    due = due_between(connection, profile.id, begins, ends)
    whom = whom_of(connection, due)
    number = profile.texting_number or caller
    sends, given_up = _play(library, profile, due, ends, number)
    going = [_going(at, whom[send.row.appointment_id], send) for at, send in sends]
    heard = {each.whom.patient_id for each in going}
    staying = [
        Staying(at, whom[row.row.appointment_id], Kind(row.row.kind), reason, is_silent=False)
        for at, row, reason in given_up
    ]
    forgotten = never_planned(connection, profile.id, begins, ends + LOOK_AHEAD)
    staying += [Staying(begins, each, None, None, is_silent=False) for each in forgotten]
    return Forecast(
        profile.id,
        day,
        tuple(going),
        tuple(
            Staying(each.at, each.whom, each.kind, each.reason, each.whom.patient_id not in heard)
            for each in sorted(staying, key=lambda each: each.at)
        ),
    )


def _midnight(profile: Profile, day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), profile.zone).astimezone(dt.UTC)


def _play(
    library: Library,
    profile: Profile,
    due: Sequence[Due],
    ends: dt.datetime,
    caller: str | None,
) -> tuple[list[tuple[dt.datetime, Send]], list[tuple[dt.datetime, Due, Reason | None]]]:
    """Look at every row when its moment comes, and again when it was put off within the day."""
    given_up = [(each.next_at, each, Reason(each.reason)) for each in due if each.reason]
    staying: list[tuple[dt.datetime, Due, Reason | None]] = [*given_up]
    open_rows = [each for each in due if each.reason is None]
    queue = [(each.next_at, each.row.send_by, n) for n, each in enumerate(open_rows)]
    heapq.heapify(queue)
    sent: Counter[str] = Counter()
    to_come = Counter(each.row.phone for each in open_rows if _is_fasting(each))
    sends = []
    while queue:
        at, send_by, number = heapq.heappop(queue)
        each = open_rows[number]
        phone = each.row.phone
        today = Today(sent[phone], to_come[phone])
        decision = decide(library, profile, each.row, "", today, at, caller=caller)
        if isinstance(decision, PutOff) and decision.until < ends:
            heapq.heappush(queue, (decision.until, send_by, number))
            continue
        to_come[phone] -= _is_fasting(each)
        match decision:
            case Send():
                sent[phone] += 1
                sends.append((at, decision))
            case Settle(status="cancelled"):
                pass
            case Settle(reason=reason) | PutOff(reason=reason):
                staying.append((at, each, reason))
    return sends, staying


def _is_fasting(due: Due) -> bool:
    return due.row.kind == Kind.FASTING_START


def _going(at: dt.datetime, whom: Whom, send: Send) -> Going:
    return Going(
        at=at,
        whom=whom,
        to=send.to,
        kind=send.kind,
        channel=send.channel,
        language=send.row.language,
        body=send.body,
        segments=count(send.body).count if send.channel is Channel.SMS else 0,
    )
