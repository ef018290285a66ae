"""The carrier's memory of calls: how phones meet them, what became of them, what was recorded."""

import io
import itertools
import threading
import wave
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypedDict, Unpack

from emulator.model import E164
from emulator.state import State
from emulator.voice_events import Done, Ending, Heard
from emulator.voice_model import NEXT, CallRecord, CallStatus, Pickup, Wanted


class CallChanges(TypedDict, total=False):
    """The fields of a call that change while it goes on."""

    started_at: datetime
    ended_at: datetime
    duration: int
    answered_by: str | None
    heard: tuple[Heard, ...]
    done: tuple[Done, ...]
    waiting: Wanted | None
    ending: Ending | None
    problem: str
    acts: int
    fresh: int
    is_scripted: bool


class CallBook:
    """All calls, in memory. Safe to use from any thread."""

    def __init__(self, state: State, usual: Pickup) -> None:
        self._state = state
        self._usual = usual
        self._lock = threading.Lock()
        self._forget()

    def _forget(self) -> None:
        self._serial = itertools.count(1)
        self._calls: dict[str, CallRecord] = {}
        self._recordings: dict[str, int] = {}
        self._pickups: dict[str, Pickup] = {}
        self._next: list[tuple[str | None, Pickup]] = []

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            self._forget()

    @property
    def has_page(self) -> bool:
        """Whether somebody could hear a phone ring on the page."""
        return self._state.has_page

    # How phones meet calls

    def set_pickup(self, number: str, pickup: Pickup) -> None:
        """Say how a phone meets calls from now on."""
        with self._lock:
            self._pickups[number] = pickup

    def add_pickup(self, pickup: Pickup, to: str | None = None) -> None:
        """Say how the next call (to a number) is met; these are used up in their order."""
        with self._lock:
            self._next.append((to, pickup))

    def take_pickup(self, number: str) -> Pickup:
        """How a call that is coming in at a phone is met."""
        with self._lock:
            for place, (to, pickup) in enumerate(self._next):
                if to in (None, number):
                    del self._next[place]
                    return pickup
            return self._pickups.get(number, self._usual)

    # Calls

    def add(self, record: CallRecord) -> CallRecord:
        """Keep a new call; both ends become known."""
        with self._lock:
            if E164.fullmatch(record.phone):
                self._state.know(record.phone, record.number)
            return self._keep(replace(record, serial=next(self._serial), history=(record.status,)))

    def change(self, sid: str, **values: Unpack[CallChanges]) -> CallRecord | None:
        """Replace fields of a call; None if it is forgotten."""
        with self._lock:
            record = self._calls.get(sid)
            return self._keep(replace(record, **values)) if record else None

    def advance(
        self, sid: str, status: CallStatus, **values: Unpack[CallChanges]
    ) -> CallRecord | None:
        """Move a call on; None if it is forgotten or the move is not legal (any more)."""
        with self._lock:
            record = self._calls.get(sid)
            if record is None or status not in NEXT.get(record.status, frozenset()):
                return None
            history = (*record.history, status)
            if status not in NEXT:
                values["ended_at"] = datetime.now(UTC)
            return self._keep(replace(record, **values, status=status, history=history))

    def _keep(self, record: CallRecord) -> CallRecord:
        # Those who wait for news ask this book afterwards, and its lock makes them see the change.
        revision = self._state.touch()
        kept = replace(record, updated_at=datetime.now(UTC), revision=revision)
        self._calls[kept.sid] = kept
        return kept

    def call(self, sid: str) -> CallRecord | None:
        """Look up one call."""
        with self._lock:
            return self._calls.get(sid)

    def calls(self, since: int = 0) -> list[CallRecord]:
        """The calls that changed after a revision, oldest first; 0 gives all."""
        with self._lock:
            return [record for record in self._calls.values() if record.revision > since]

    # Recordings

    def add_recording(self, sid: str, seconds: float) -> None:
        """Keep a recording, of which only the length is known."""
        with self._lock:
            self._recordings[sid] = round(seconds)

    def remove_recording(self, sid: str) -> bool:
        """Delete a recording; False if there is none."""
        with self._lock:
            return self._recordings.pop(sid, None) is not None

    def recording(self, sid: str) -> bytes | None:
        """A recording as a WAV file: silence of its length, 8 kHz, at most ten seconds."""
        with self._lock:
            seconds = self._recordings.get(sid)
        return None if seconds is None else _silence(min(seconds, 10))


def _silence(seconds: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(2 * 8000 * seconds))
    return file.getvalue()
