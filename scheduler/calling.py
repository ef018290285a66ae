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

    The others are left as they are, for a later claim; a second call to a phone that is being
    called, or was a moment ago, is put off. `now` is the worker's clock, `real` the real time.
    """
    calls = [each for each in decisions if isinstance(each, Send) and _is_call(each)]
    if not calls:
        return list(decisions), ()
    line = line_of(profile, Channel.VOICE)
    slots = take_slots(connection, line, profile.calls_per_second, len(calls), AHEAD, real)
    # Looked at with the line locked, so that what another worker is about to call is seen.
    busy = outbox.being_called(connection, [(call.row.id, call.to) for call in calls], real - GAP)
    first = {call.to: call.row.id for call in reversed(calls) if call.to not in busy}
    kept: list[Decision] = []
    made = 0
    for each in decisions:
        if not isinstance(each, Send) or not _is_call(each):
            kept.append(each)
        elif first.get(each.to) != each.row.id:
            kept.append(PutOff(each.row, min(now + _NEXT_CALL, each.row.send_by), None))
        elif made < len(slots):
            kept.append(each)
            made += 1
    give_back(connection, line, slots[made:])
    return kept, slots[:made]


def _is_call(send: Send) -> bool:
    return send.channel is Channel.VOICE
