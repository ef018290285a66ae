"""The pace and the line of a clinic's calls, which are not those of its texts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from sqlalchemy.engine import Connection

from db import outbox
from db.lines import Stop, stopped_lines, take_probe, take_slots
from profiles import Profile
from scheduler.channel import Channel
from scheduler.deciding import Decision, PutOff, Send
from scheduler.outcomes import line_of
from scheduler.policy import Reason

AHEAD: Final = dt.timedelta(seconds=2)
"""How far ahead slots of a sender are taken."""
_NEXT_CALL: Final = dt.timedelta(minutes=5)
_PROBE_AGAIN: Final = dt.timedelta(seconds=30)


def keep_call_pace(
    connection: Connection,
    profile: Profile,
    decisions: Sequence[Decision],
    now: dt.datetime,
    real: dt.datetime,
) -> tuple[list[Decision], Sequence[dt.datetime]]:
    """The decisions with no more calls among them than may be made now, and the calls' slots.

    The others are put off, each until its turn may come; so is a second call to a phone that is
    being called. `now` is the worker's clock, `real` the real time (UTC).
    """
    calls = [each for each in decisions if isinstance(each, Send) and _is_call(each)]
    if not calls:
        return list(decisions), ()
    busy = outbox.being_called(connection, profile.id, {call.to for call in calls})
    first = {call.to: call.row.id for call in reversed(calls) if call.to not in busy}
    later = {
        call.row.id: PutOff(call.row, min(now + _NEXT_CALL, call.row.send_by), None)
        for call in calls
        if first.get(call.to) != call.row.id
    }
    calls = [call for call in calls if call.row.id not in later]
    line = line_of(profile, Channel.VOICE)
    stops = [stop for stop in stopped_lines(connection) if stop.line == line]
    allowed = _allowed(connection, stops, len(calls), real)
    slots = take_slots(connection, line, profile.calls_per_second, allowed, AHEAD, real)
    turn = dt.timedelta(seconds=1 / profile.calls_per_second)
    wait, reason = (_PROBE_AGAIN, Reason.LINE_STOPPED) if stops else (AHEAD, None)
    put_off = {
        each.row.id: PutOff(each.row, min(now + wait + turn * place, each.row.send_by), reason)
        for place, each in enumerate(calls[len(slots) :])
    }
    put_off |= later
    kept = [put_off.get(each.row.id, each) for each in decisions]
    return kept, slots


def _is_call(send: Send) -> bool:
    return send.channel is Channel.VOICE


def _allowed(connection: Connection, stops: Sequence[Stop], wanted: int, real: dt.datetime) -> int:
    """All, or on a stopped line the one that tries it when that is due."""
    if not stops:
        return wanted
    is_due = all(stop.probe_at <= real for stop in stops)
    return 1 if is_due and all(take_probe(connection, stop, real) for stop in stops) else 0
