"""What became of a request to send: four cases, each asking for something different."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from carrier.errors import ErrorClass


@dataclass(frozen=True, slots=True)
class Accepted:
    """Twilio has the message under `sid`. `status` is its first word on it, as reported."""

    sid: str
    status: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Twilio answered that it will not send it; `error_class` says what that asks for."""

    error_class: ErrorClass
    code: int | None
    http_status: int | None


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """The request left, and no clear answer came: the message may be on its way.

    It must be looked for (by callback or by listing) before anything is sent again. `why` is for
    logs and holds nothing personal.
    """

    why: str


class NotSentWhy(StrEnum):
    """Why a request never left."""

    NO_CONNECTION = "no_connection"
    """Twilio could not be reached. Safe to try again."""
    NOT_BEGUN = "not_begun"
    """It waited for too long behind others to be made safely. That was no attempt."""
    TOO_LATE = "too_late"
    """Too little of the message's useful time is left. Do not try again."""


@dataclass(frozen=True, slots=True)
class NotSent:
    """Twilio knows nothing of the message, for certain."""

    why: NotSentWhy


SendOutcome: TypeAlias = Accepted | Refused | Ambiguous | NotSent
