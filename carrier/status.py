"""How far a text has come, from reports that may be late, repeated, out of order or unknown."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class MessageStatus(StrEnum):
    """The states of a message in Twilio's words."""

    SCHEDULED = "scheduled"
    """Twilio keeps it for a later time. We never ask for that; a person might, by hand."""
    ACCEPTED = "accepted"
    """The messaging service has it and has not picked a sender yet."""
    QUEUED = "queued"
    """A sender is picked; it waits for its turn, which can take hours when much is sent."""
    SENDING = "sending"
    """Twilio is handing it to the next network."""
    SENT = "sent"
    """The next network took it. Some networks report nothing more, so it may be the last word."""
    CANCELED = "canceled"
    """It was called back before it left."""
    FAILED = "failed"
    """It never left Twilio; an error code says why."""
    UNDELIVERED = "undelivered"
    """The network reports that it did not reach the phone; an error code says why."""
    PARTIALLY_DELIVERED = "partially_delivered"
    """Some of its parts or recipients were reached; not reported for single texts today."""
    DELIVERED = "delivered"
    """The phone, or the network on its behalf, confirms that it arrived."""
    READ = "read"
    """The patient opened it (only where the channel tells)."""
    RECEIVING = "receiving"
    """A text to us is coming in."""
    RECEIVED = "received"
    """A text to us has come in."""

    @property
    def is_final(self) -> bool:
        """Whether nothing further is expected, but a correction in the patient's favour."""
        return _RANK[self] >= _FINAL

    @property
    def arrived(self) -> bool:
        """Whether the text is known to have reached the phone."""
        return self in {MessageStatus.DELIVERED, MessageStatus.READ}

    @property
    def is_failure(self) -> bool:
        """Whether the text is known not to have reached the phone."""
        return self in {
            MessageStatus.CANCELED,
            MessageStatus.FAILED,
            MessageStatus.UNDELIVERED,
        }


_FINAL: Final = 5

_RANK: Final = {
    MessageStatus.SCHEDULED: 0,
    MessageStatus.ACCEPTED: 1,
    MessageStatus.RECEIVING: 1,
    MessageStatus.QUEUED: 2,
    MessageStatus.SENDING: 3,
    MessageStatus.SENT: 4,
    MessageStatus.CANCELED: _FINAL,
    MessageStatus.FAILED: _FINAL,
    MessageStatus.UNDELIVERED: _FINAL,
    MessageStatus.RECEIVED: _FINAL,
    MessageStatus.PARTIALLY_DELIVERED: 6,
    MessageStatus.DELIVERED: 7,
    MessageStatus.READ: 8,
}
"""A report counts only if it ranks above what is known.

Everything final outranks everything on the way; of two verdicts the better one is true, for a
phone that confirmed a text has it, whatever a network guessed before.
"""


def recognise(reported: str) -> MessageStatus | None:
    """The state for a reported word; None for a word that is new to us.

    Twilio may add words. Whoever stores reports keeps the unknown word as it came and tells the
    operators; the message stays in the state it had.
    """
    try:
        return MessageStatus(reported.strip().lower())
    except ValueError:
        return None


def advance(current: MessageStatus | None, reported: str) -> MessageStatus | None:
    """The state after a report: the reported one if it is news, else `current` unchanged.

    Older, repeated and unknown reports change nothing, so reports may come in any order and any
    number of times. `current` is None before the first report.
    """
    status = recognise(reported)
    if status is None or (current is not None and _RANK[status] <= _RANK[current]):
        return current
    return status
