"""What a call is between two turns, and what can happen in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

import msgspec

from flows.model import Effect, OpenTask, Say, Session, TaskKind, Understood
from flows.nodes import Topic

_DIGITS: Final = re.compile(r"\D+", re.ASCII)
_US: Final = re.compile(r"[2-9]\d{2}[2-9]\d{6}", re.ASCII)
KEYS_OF_A_NUMBER: Final = 10


class Waits(StrEnum):
    """What a call waits for. The values are stored; never rename one."""

    WORDS = "words"
    """Keys or words for the engine."""
    NUMBER = "number"
    """The keys of a phone number; other keys and words still go to the engine."""
    PERSON = "person"
    """The coordinator's desk, which is being called."""
    MESSAGE = "message"
    """A voice message."""
    NOTHING = "nothing"
    """The call is over, or about to be."""


class Missed(StrEnum):
    """Why a caller did not get a person; the reason of the task. Stored; never rename one."""

    CLOSED = "desk_closed"
    BUSY = "desk_busy"
    NO_ANSWER = "desk_no_answer"
    FAILED = "desk_failed"

    @property
    def words(self) -> str:
        """For a coordinator."""
        return _MISSED_WORDS[self]


_MISSED_WORDS: Final = {
    Missed.CLOSED: "They called while the desk was closed.",
    Missed.BUSY: "The desk's line was busy when they called.",
    Missed.NO_ANSWER: "Nobody at the desk took their call.",
    Missed.FAILED: "Their call could not be put through to the desk.",
}


class Wanted(msgspec.Struct, frozen=True, omit_defaults=True):
    """The person that a caller wants and has not reached yet: the task that this leaves."""

    kind: TaskKind
    topic: Topic | None = None
    appointment: int | None = None
    missed: Missed = Missed.NO_ANSWER

    def task(self) -> OpenTask:
        """What a coordinator is to do."""
        return OpenTask(self.kind, topic=self.topic, appointment=self.appointment)


class CallState(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that is remembered of a call.

    `wanted` is the person asked for, `number` one that was keyed in and not confirmed yet, `phone`
    where the caller can be called (E.164; their own number unless they gave another) and
    `asked_number` whether they were asked for one. `body` are the words of our reminder; `heard`
    says whether it was answered by a key or word. `misses` counts silent or wrong answers outside
    the engine.
    """

    talk: Session
    waits: Waits = Waits.WORDS
    wanted: Wanted | None = None
    number: str = ""
    phone: str = ""
    asked_number: bool = False
    body: str = ""
    heard: bool = False
    misses: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """Keys that were pressed or words that were spoken; neither is silence. `sure` is false where
    the carrier doubts what it heard."""

    text: str
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Dialled:
    """What became of the call to the desk: the carrier's word for it."""

    status: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """The recording is over; `seconds` is 0 where nothing was said."""

    seconds: int


Happening: TypeAlias = Said | Dialled | Recorded


@dataclass(frozen=True, slots=True)
class CallTurn:
    """The outcome of one turn of a call. `effects` are those that change something stored; `heard`
    is what the caller said as it may be stored, without a date of birth."""

    state: CallState
    says: tuple[Say, ...]
    effects: tuple[Effect, ...]
    understood: Understood
    heard: str = ""


def us_number(text: str) -> str | None:
    """The E.164 form of a US number, however it is written or spoken; `None` if it is none."""
    digits = _DIGITS.sub("", text)
    if len(digits) == KEYS_OF_A_NUMBER + 1 and digits.startswith("1"):
        digits = digits[1:]
    return f"+1{digits}" if _US.fullmatch(digits) else None


def as_read(e164: str) -> str:
    """A US number as people read it: (828) 555-0142."""
    return f"({e164[2:5]}) {e164[5:8]}-{e164[8:]}"
