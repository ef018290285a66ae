"""How a call ended, from reports that may be late, repeated, out of order or unknown."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class CallEnd(StrEnum):
    """What the end of a call of ours says about reaching the patient."""

    NOT_REACHED = "not_reached"
    """Nobody answered, or the phone was busy, off or out of reach; a later call may be answered."""
    NO_SUCH_NUMBER = "no_such_number"
    """The number does not exist; no call will ever be answered."""
    BLOCKED = "blocked"
    """The patient's phone company rejects our calls; another one would be rejected as well."""
    OVER = "over"
    """Somebody or something answered, and the call is over. That the message was heard is known
    from what happened during the call, never from this."""


_ENDS: Final = {
    "completed": CallEnd.OVER,
    "busy": CallEnd.NOT_REACHED,
    "no-answer": CallEnd.NOT_REACHED,
    "canceled": CallEnd.NOT_REACHED,
    "failed": CallEnd.NOT_REACHED,
}
_SIP: Final = {
    **dict.fromkeys((404, 484, 604), CallEnd.NO_SUCH_NUMBER),
    **dict.fromkeys((607, 608), CallEnd.BLOCKED),
}
_UNDER_WAY: Final = frozenset({"queued", "initiated", "ringing", "in-progress", "answered"})


def call_end(status: str, sip_code: int | None) -> CallEnd | None:
    """What a reported `CallStatus` says; `None` while the call goes on, and for a word that this
    version does not know. `sip_code` is the `SipResponseCode` reported with it, if any."""
    end = _ENDS.get(status)
    if end is CallEnd.NOT_REACHED and sip_code is not None:
        return _SIP.get(sip_code, end)
    return end


def is_under_way(status: str) -> bool:
    """Whether a call is known not to be over yet."""
    return status in _UNDER_WAY
