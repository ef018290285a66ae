"""What happens in a call: what is heard and done, and how the call ends."""

from dataclasses import dataclass
from enum import StrEnum


class Ending(StrEnum):
    """How a call came to its end."""

    HANGUP = "hangup"
    """The app hung up."""
    CALLER = "caller"
    """The caller hung up."""
    FELL_THROUGH = "fell through"
    """Nothing followed the last verb."""
    REJECTED = "rejected"
    BUSY = "busy"
    """The app did not take it and gave the busy tone."""
    ERROR = "application error"
    TIME_LIMIT = "time limit"
    CANCELED = "canceled"
    """Ended over the REST interface."""


class RunawayError(AssertionError):
    """The app sends one document after the other and never asks the caller for anything."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Something that the caller hears: from which second of the call, and for how long."""

    second: float
    text: str
    seconds: float
    voice: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """Something that the caller does, at a second of the call."""

    second: float
    text: str
