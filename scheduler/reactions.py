"""What each class of carrier error asks for: try again, call, give up, or stop the line.

Pure: the table of `carrier.errors` turned into what happens to the reminder and what is learnt of
the phone.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from carrier.errors import ErrorClass
from scheduler.policy import Reason


class Next(StrEnum):
    """What becomes of a reminder that the carrier refused or could not deliver."""

    RETRY = "retry"
    """A further attempt after a pause, inside the window and before `send_by`."""
    CALL = "call"
    """The text will never arrive; a call may, with the patient's consent to calls."""
    GIVE_UP = "give_up"
    """Nothing more is tried; a coordinator phones."""
    STOP_LINE = "stop_line"
    """Nothing is wrong with this reminder: it waits until the line to the carrier is mended."""
    WINDOW = "window"
    """It waits for the next opening of the send window."""
    DOUBT = "doubt"
    """It may have arrived all the same; it is looked for before anything else is done."""


class Learn(StrEnum):
    """What an error tells about the phone number."""

    OPTED_OUT = "opted_out"
    BAD_NUMBER = "bad_number"
    NOT_TEXTABLE = "not_textable"


@dataclass(frozen=True, slots=True)
class Reaction:
    """What to do next, the reason that is kept, and what is learnt."""

    next: Next
    reason: Reason
    learn: Learn | None = None


_MOST_UNREACHABLE: Final = 3  # attempts: the first and two spaced ones more

_REACTIONS: Final = {
    ErrorClass.OPTED_OUT: Reaction(Next.GIVE_UP, Reason.OPTED_OUT, Learn.OPTED_OUT),
    ErrorClass.BAD_NUMBER: Reaction(Next.GIVE_UP, Reason.BAD_NUMBER, Learn.BAD_NUMBER),
    ErrorClass.NOT_TEXTABLE: Reaction(Next.CALL, Reason.NOT_TEXTABLE, Learn.NOT_TEXTABLE),
    ErrorClass.UNREACHABLE: Reaction(Next.RETRY, Reason.UNDELIVERED),
    ErrorClass.BLOCKED: Reaction(Next.CALL, Reason.UNDELIVERED),
    ErrorClass.AMBIGUOUS: Reaction(Next.DOUBT, Reason.IN_DOUBT),
    ErrorClass.SENDER_CONFIG: Reaction(Next.STOP_LINE, Reason.LINE_STOPPED),
    ErrorClass.ACCOUNT: Reaction(Next.STOP_LINE, Reason.LINE_STOPPED),
    ErrorClass.THROTTLE: Reaction(Next.RETRY, Reason.THROTTLED),
    ErrorClass.HOLD: Reaction(Next.WINDOW, Reason.WINDOW_CLOSED),
    ErrorClass.TOO_LATE: Reaction(Next.GIVE_UP, Reason.TOO_LATE),
    ErrorClass.CALL_REFUSED: Reaction(Next.GIVE_UP, Reason.SEND_FAILED),
    ErrorClass.OUR_BUG: Reaction(Next.GIVE_UP, Reason.SEND_FAILED),
    ErrorClass.OUR_WEBHOOK: Reaction(Next.GIVE_UP, Reason.SEND_FAILED),
    ErrorClass.UNKNOWN: Reaction(Next.GIVE_UP, Reason.SEND_FAILED),
}


def reaction(error_class: ErrorClass, attempts: int) -> Reaction:
    """What an error asks for after so many attempts (the failed one included)."""
    found = _REACTIONS[error_class]
    if error_class is ErrorClass.UNREACHABLE and attempts >= _MOST_UNREACHABLE:
        return Reaction(Next.CALL, Reason.UNDELIVERED)
    return found


_PAUSES: Final = {
    ErrorClass.THROTTLE: (dt.timedelta(seconds=15), dt.timedelta(minutes=10)),
    ErrorClass.UNREACHABLE: (dt.timedelta(minutes=15), dt.timedelta(hours=1)),
}
_USUAL_PAUSE: Final = (dt.timedelta(seconds=20), dt.timedelta(minutes=10))


def pause(error_class: ErrorClass | None, attempts: int, jitter: float) -> dt.timedelta:
    """How long to wait before attempt `attempts + 1`.

    It doubles with each attempt up to a limit, and is between half and the whole of that, as
    `jitter` (from 0 to 1) says, so that many rows do not come back at the same moment. `None` is
    a carrier that could not be reached at all.
    """
    first, most = _PAUSES.get(error_class, _USUAL_PAUSE) if error_class else _USUAL_PAUSE
    whole = min(first * (1 << min(attempts - 1, 16)), most)
    return whole * (0.5 + 0.5 * jitter)
