"""The status callbacks of a call: which are asked for, and what they say."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime

from emulator.voice_verbs import Method
from emulator.voice_wire import Wire

Send = Callable[[str, Method, Mapping[str, str]], None]

_EVENTS = {"initiated": "initiated", "ringing": "ringing", "in-progress": "answered"}
"""The event that brings a status; those that are not here come with `completed`."""


class Reports:
    """Reports on one call to one address, each with its number in the order of events."""

    def __init__(self, wire: Wire, url: str, method: Method, events: frozenset[str]) -> None:
        self.send: Send = wire.tell
        """How a report goes out; the exchange puts its faults in between."""
        self._wire = wire
        self._url = url
        self._method: Method = method
        self._events = events
        self._number = 0

    def tell(
        self, status: str, extra: Mapping[str, str] | None = None, *, duration: int = 0
    ) -> None:
        """Report a status. `duration` is in seconds and only told at the end."""
        self._wire.status = status
        number, self._number = self._number, self._number + 1
        event = _EVENTS.get(status, "completed")
        if not self._url or event not in self._events:
            return
        form = {
            "CallbackSource": "call-progress-events",
            "CallStatus": status,
            "SequenceNumber": str(number),
            "Timestamp": format_datetime(datetime.now(UTC).replace(microsecond=0)),
            **(extra or {}),
        }
        if event == "completed":
            form |= {"CallDuration": str(duration), "Duration": str(math.ceil(duration / 60))}
        self.send(self._url, self._method, form)
