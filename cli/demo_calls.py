"""A call of a day that is over, turn by turn, as the carrier would have reported it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Final

from conversation.calls import CallIn, Calls, Spoken
from conversation.reminder_calls import Attempt, ReminderCalls
from db.calls import NewRecording
from flows.call_state import Dialled, Happening, Recorded, Said, Waits
from voice.render import document

NOBODY: Final = "no-answer"
MACHINE: Final = "machine"
_MESSAGE: Final = "message "
_MACHINE_TAKES: Final = "machine_end_beep"


class PastCall:
    """One call. `clock` gives its moments (UTC). The desk never takes a call: nobody sits there."""

    def __init__(self, calls: Calls, came: CallIn, clock: Callable[[], dt.datetime]) -> None:
        self._calls, self._came, self._clock = calls, came, clock
        self._spoken: Spoken | None = None

    def begin(self) -> None:
        """The patient calls, and hears the greeting."""
        self._calls.begin(self._came, self._render, self._clock)

    def answer(self, reminder: int, attempt: int, met: str) -> None:
        """Our call is taken, by a person or by a machine."""
        by = _MACHINE_TAKES if met == MACHINE else "human"
        ours = ReminderCalls(self._calls)
        ours.answer(self._came, Attempt(reminder, attempt, by), self._render, self._clock)

    def goes_on(self, what: str) -> None:
        """The next turn: a key, words, or a voice message of so many seconds (`message 23`).

        Where the turn leads to the desk, that rings in vain, and the call goes on after it.
        """
        seconds = what.removeprefix(_MESSAGE)
        if seconds != what:
            sid = f"RE{uuid.uuid4().hex}"
            self._turn(Recorded(int(seconds)), _recording(sid, int(seconds)))
            return
        self._turn(Said(what))
        if self._spoken is not None and self._spoken.turn.state.waits is Waits.PERSON:
            self._turn(Dialled(NOBODY))

    def ends(self) -> None:
        """Somebody hangs up."""
        self._calls.ended(self._came.sid, "completed", self._clock)

    def _turn(self, happening: Happening, recording: NewRecording | None = None) -> None:
        number = self._spoken.next_number if self._spoken is not None else 0
        self._calls.turn(self._came, number, happening, recording, self._render, self._clock)

    def _render(self, spoken: Spoken) -> str:
        self._spoken = spoken
        return document(spoken)


def _recording(sid: str, seconds: int) -> NewRecording:
    return NewRecording(sid, f"https://api.example.org/recordings/{sid}", seconds)
