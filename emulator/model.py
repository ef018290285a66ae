"""What the stand-in carrier knows: messages, phones, numbers and notes, as plain values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

E164 = re.compile(r"\+[1-9]\d{6,14}")
US_NUMBER = re.compile(r"\+1[2-9]\d{2}[2-9]\d{6}")
SHORT_CODE = re.compile(r"\d{5,6}")


class Status(StrEnum):
    """Twilio's words for where a message is."""

    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    CANCELED = "canceled"
    RECEIVING = "receiving"
    RECEIVED = "received"


NEXT: Mapping[Status, frozenset[Status]] = {
    Status.ACCEPTED: frozenset({Status.QUEUED, Status.FAILED}),
    Status.SCHEDULED: frozenset({Status.QUEUED, Status.FAILED, Status.CANCELED}),
    Status.QUEUED: frozenset({Status.SENDING, Status.FAILED}),
    Status.SENDING: frozenset({Status.SENT, Status.FAILED}),
    Status.SENT: frozenset({Status.DELIVERED, Status.UNDELIVERED}),
    Status.RECEIVING: frozenset({Status.RECEIVED}),
}
"""Legal moves; a status that is not a key is final."""


class Direction(StrEnum):
    """Who wrote a message: a phone, the app over REST, or the app in a TwiML reply."""

    INBOUND = "inbound"
    API = "outbound-api"
    REPLY = "outbound-reply"


class Reach(StrEnum):
    """What a phone does with a text that comes for it."""

    ON = "on"
    OFF = "off"
    LANDLINE = "landline"
    BLOCKING = "blocking"


UNREACHABLE: Mapping[Reach, int] = {Reach.OFF: 30003, Reach.LANDLINE: 30006, Reach.BLOCKING: 30004}
"""The delivery error of each phone that takes no texts."""


@dataclass(frozen=True, slots=True)
class Media:
    """One picture of a message: where to fetch it and what it is."""

    url: str
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One text in either direction. All times are UTC and aware.

    `from_` is empty while a messaging service has not picked a sender yet. `serial` orders messages
    by arrival at the carrier; `revision` grows with every change to any of them.
    """

    sid: str
    direction: Direction
    from_: str
    to: str
    body: str
    status: Status
    created_at: datetime
    updated_at: datetime
    sent_at: datetime | None = None
    segments: int = 1
    encoding: str = "GSM-7"
    media: tuple[Media, ...] = ()
    service_sid: str | None = None
    error_code: int | None = None
    callback_url: str | None = None
    action_url: str | None = None
    history: tuple[Status, ...] = ()
    serial: int = 0
    revision: int = 0

    @property
    def phone(self) -> str:
        """The patient's side of the conversation."""
        return self.from_ if self.direction is Direction.INBOUND else self.to

    @property
    def number(self) -> str:
        """The clinic's side of the conversation."""
        return self.to if self.direction is Direction.INBOUND else self.from_

    @property
    def is_final(self) -> bool:
        """Whether its status can change no more."""
        return self.status not in NEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A line of the carrier's own in a conversation, such as that the clinic did not answer."""

    phone: str
    number: str
    text: str
    code: int
    at: datetime
    serial: int = 0
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Phone:
    """A patient's phone on the page."""

    number: str
    label: str = ""
    reach: Reach = Reach.ON


@dataclass(frozen=True, slots=True)
class Callback:
    """One post of a status callback: what it said and how the app answered (0: not at all)."""

    message_sid: str
    status: str
    answered: int
    url: str
