"""The pace and the line of a clinic's calls, which are not those of its texts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from sqlalchemy.engine import Connection

from db import outbox
from db.lines import give_back, take_slots
from profiles import Profile
from scheduler.channel import Channel
from scheduler.deciding import Decision, PutOff, Send
from scheduler.outcomes import line_of

AHEAD: Final = dt.timedelta(seconds=2)
"""How far ahead slots of a sender are taken."""
GAP: Final = dt.timedelta(minutes=2)
"""How long a phone is left alone after a call was begun (real time): who has just hung up is not
called at once for somebody else, and a lost answer can't be taken for that of the call before."""
_NEXT_CALL: Final = dt.timedelta(minutes=1)


def keep_call_pace(
    connection: Connection,
    profile: Profile,
    decisions: Sequence[Decision],
    now: dt.datetime,
    real: dt.datetime,
) -> tuple[list[Decision], Sequence[dt.datetime]]:
    """The decisions with no more calls among them than may be made now, and the calls' slots.

    The others are put off, each until its turn may come; so is a second call to a phone that is
    being called or was a moment ago. `now` is the worker's clock, `real` the real time (UTC).
    """
    calls = [each for each in decisions if isinstance(each, Send) and _is_call(each)]
    if not calls:
        return list(decisions), ()
    line = line_of(profile, Channel.VOICE)
    slots = take_slots(connection, line, profile.calls_per_second, len(calls), AHEAD, real)
    # Looked at with the line locked, so that what another worker is about to call is seen.
    busy = outbox.being_called(connection, [(call.row.id, call.to) for call in calls], real - GAP)
    first = {call.to: call.row.id for call in reversed(calls) if call.to not in busy}
    put_off: dict[int, Decision] = {}
    made = 0
    for call in calls:
        if first.get(call.to) != call.row.id:
            put_off[call.row.id] = _later(call, now + _NEXT_CALL)
        elif made == len(slots):
            put_off[call.row.id] = _later(call, now + AHEAD)
        else:
            made += 1
    give_back(connection, line, slots[made:])
    return [put_off.get(each.row.id, each) for each in decisions], slots[:made]


def _is_call(send: Send) -> bool:
    return send.channel is Channel.VOICE


def _later(call: Send, until: dt.datetime) -> PutOff:
    return PutOff(call.row, min(until, call.row.send_by), None)
