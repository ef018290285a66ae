"""What the carrier knows of calls, as plain values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from emulator.model import Direction
from emulator.voice_events import Done, Ending, Heard
from emulator.voice_request import PEOPLE_AND_MACHINES


class CallStatus(StrEnum):
    """Twilio's words for where a call is."""

    QUEUED = "queued"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    CANCELED = "canceled"


_UNANSWERED = frozenset(
    {CallStatus.BUSY, CallStatus.NO_ANSWER, CallStatus.FAILED, CallStatus.CANCELED}
)
NEXT: Mapping[CallStatus, frozenset[CallStatus]] = {
    CallStatus.QUEUED: _UNANSWERED | {CallStatus.RINGING},
    CallStatus.RINGING: _UNANSWERED | {CallStatus.IN_PROGRESS, CallStatus.COMPLETED},
    CallStatus.IN_PROGRESS: frozenset({CallStatus.COMPLETED}),
}
"""Legal moves; a status that is not a key is final."""

RING = "ring"
HANG_UP = "hangs-up"
OUTCOMES = frozenset({"busy", "no-answer", "failed"})
_BY = frozenset({"human", "machine", RING, HANG_UP}) | OUTCOMES
_BY |= frozenset(word for words in PEOPLE_AND_MACHINES.values() for word in words)
_STEP = re.compile(r"[0-9*#]+|wait|hang up|say:.+|record:\d+|dial:[a-z-]+", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pickup:
    """How a phone meets a call. Raises ValueError for words that make no sense.

    `by` is who answers: human, machine, fax, unknown or one of Twilio's own words for them; or
    busy, no-answer, failed (with a `sip_code`); `hangs-up` answers and hangs up before the first
    verb; `ring` rings until somebody answers on the page, over the control interface or in a test.
    `after` is how many seconds it rings. `script` is what the person does whenever the call waits
    for something: keys such as `1`, `say:I have a question`, `wait`, `record:12`, `dial:busy`,
    `hang up`; then silence.
    """

    by: str = "human"
    after: float = 0.0
    sip_code: int | None = None
    script: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the words."""
        if self.by not in _BY:
            raise ValueError(f"A call is met by one of {', '.join(sorted(_BY))}.")
        if not all(_STEP.fullmatch(step) for step in self.script):
            raise ValueError(
                "A step is keys, say:words, wait, record:seconds, dial:outcome or hang up."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the call waits for: gather, record or dial, and for how many seconds.

    Prompts from the second `stoppable_from` on end when the person acts; None: no prompt does.
    """

    kind: str
    timeout: int
    keys: bool = False
    speech: bool = False
    language: str = ""
    longest: int = 0
    stoppable_from: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One call in either direction. Times are UTC and aware, `duration` is in seconds.

    `heard` is all that was played so far, from the place `fresh` on since the person's last act;
    `acts` counts these and `done` lists them. `is_scripted` says that a script acts. `serial` and
    `revision` are as for messages.
    """

    sid: str
    direction: Direction
    from_: str
    to: str
    status: CallStatus
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    duration: int | None = None
    answered_by: str | None = None
    heard: tuple[Heard, ...] = ()
    done: tuple[Done, ...] = ()
    waiting: Wanted | None = None
    ending: Ending | None = None
    problem: str = ""
    acts: int = 0
    fresh: int = 0
    is_scripted: bool = False
    history: tuple[CallStatus, ...] = ()
    serial: int = 0
    revision: int = 0

    @property
    def phone(self) -> str:
        """The patient's end."""
        return self.from_ if self.direction is Direction.INBOUND else self.to

    @property
    def number(self) -> str:
        """The clinic's end."""
        return self.to if self.direction is Direction.INBOUND else self.from_

    @property
    def is_final(self) -> bool:
        """Whether the call is over."""
        return self.status not in NEXT
