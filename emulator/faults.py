"""Scripted faults: what should go wrong, and with which messages.

Faults wait in the order in which they were added. A request takes the first one of each stage that
fits it, so a script is deterministic: the same sends meet the same faults.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum


class Stage(StrEnum):
    """The moment in a message's life at which a fault strikes."""

    REQUEST = "request"
    RESPONSE = "response"
    JOURNEY = "journey"
    CALLBACK = "callback"


class FaultKind(StrEnum):
    """What goes wrong."""

    DELAY = "delay"
    """The request is taken up only after `seconds`."""
    DROP_CONNECTION = "drop_connection"
    """The connection is reset and nothing was accepted."""
    HTTP_ERROR = "http_error"
    """An answer of `http_status` (500, 503, 429 …), with `retry_after` seconds if given."""
    ERROR = "error"
    """Twilio's error `code`; `http_status` overrides the usual one."""
    HOLD_RESPONSE = "hold_response"
    """The message is accepted at once, the answer comes after `seconds`."""
    RESET_AFTER_ACCEPT = "reset_after_accept"
    """The message is accepted, then the connection is reset."""
    BROKEN_JSON = "broken_json"
    """The message is accepted, the answer is cut off in the middle."""
    FAIL = "fail"
    """It fails later with error `code`; `status` is `undelivered` (default) or `failed`.
    A call fails with `code` as its SipResponseCode."""
    HOLD_IN_QUEUE = "hold_in_queue"
    """It stays queued for `seconds`; its ValidityPeriod may run out meanwhile."""
    NO_RECEIPT = "no_receipt"
    """`sent` is the last word."""
    CALLBACK_DELAY = "callback_delay"
    """Each callback is posted `seconds` late."""
    CALLBACK_REPEAT = "callback_repeat"
    """Each callback is posted `count` times."""
    CALLBACK_REORDER = "callback_reorder"
    """All callbacks wait for the last one, then come in reverse order."""
    CALLBACK_DROP = "callback_drop"
    """Callbacks are not posted; with `status`, only the one of that status is not."""
    CALLBACK_STATUS = "callback_status"
    """The last callback says `status`, a word that nobody knows."""


_STAGES: Mapping[FaultKind, Stage] = {
    FaultKind.DELAY: Stage.REQUEST,
    FaultKind.DROP_CONNECTION: Stage.REQUEST,
    FaultKind.HTTP_ERROR: Stage.REQUEST,
    FaultKind.ERROR: Stage.REQUEST,
    FaultKind.HOLD_RESPONSE: Stage.RESPONSE,
    FaultKind.RESET_AFTER_ACCEPT: Stage.RESPONSE,
    FaultKind.BROKEN_JSON: Stage.RESPONSE,
    FaultKind.FAIL: Stage.JOURNEY,
    FaultKind.HOLD_IN_QUEUE: Stage.JOURNEY,
    FaultKind.NO_RECEIPT: Stage.JOURNEY,
    FaultKind.CALLBACK_DELAY: Stage.CALLBACK,
    FaultKind.CALLBACK_REPEAT: Stage.CALLBACK,
    FaultKind.CALLBACK_REORDER: Stage.CALLBACK,
    FaultKind.CALLBACK_DROP: Stage.CALLBACK,
    FaultKind.CALLBACK_STATUS: Stage.CALLBACK,
}

_NEEDED: Mapping[FaultKind, str] = {
    FaultKind.DELAY: "seconds",
    FaultKind.HTTP_ERROR: "http_status",
    FaultKind.ERROR: "code",
    FaultKind.HOLD_RESPONSE: "seconds",
    FaultKind.FAIL: "code",
    FaultKind.HOLD_IN_QUEUE: "seconds",
    FaultKind.CALLBACK_DELAY: "seconds",
    FaultKind.CALLBACK_STATUS: "status",
}


class Operation(StrEnum):
    """The REST request that a fault is meant for; later faults go with what was created."""

    CREATE = "create"
    FETCH = "fetch"
    LIST = "list"
    UPDATE = "update"
    DELETE = "delete"
    CREATE_CALL = "create_call"
    FETCH_CALL = "fetch_call"
    LIST_CALLS = "list_calls"
    UPDATE_CALL = "update_call"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault for the next `times` fitting requests (None: for good).

    Raises ValueError if the kind needs a value that is missing, or a value makes no sense.
    """

    kind: FaultKind
    on: Operation = Operation.CREATE
    to: str | None = None
    times: int | None = 1
    seconds: float = 0.0
    code: int | None = None
    http_status: int | None = None
    retry_after: int | None = None
    status: str = ""
    count: int = 2

    def __post_init__(self) -> None:
        """Check the values against the kind."""
        needed = _NEEDED.get(self.kind)
        if needed and not getattr(self, needed):
            raise ValueError(f"A {self.kind} fault needs {needed}.")
        if self.times is not None and self.times < 1:
            raise ValueError("A fault strikes at least once; times must be 1 or more, or null.")
        if self.kind is FaultKind.FAIL and self.status not in ("", "failed", "undelivered"):
            raise ValueError("A fail fault ends in status failed or undelivered.")
        if self.kind is FaultKind.NO_RECEIPT and self.on is Operation.CREATE_CALL:
            raise ValueError("Calls have no receipts; drop the callback of their last status.")

    @property
    def stage(self) -> Stage:
        """When it strikes."""
        return _STAGES[self.kind]


class Faults:
    """The script: faults in the order in which they were added. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, *faults: Fault) -> None:
        """Put faults at the end of the script."""
        with self._lock:
            self._waiting.extend(faults)

    def take(
        self, stage: Stage, to: str | None, operation: Operation = Operation.CREATE
    ) -> Fault | None:
        """Hand out the first fault that fits, and count it down."""
        with self._lock:
            for place, fault in enumerate(self._waiting):
                if fault.stage is stage and fault.on is operation and fault.to in (None, to):
                    self._count_down(place, fault)
                    return fault
        return None

    def _count_down(self, place: int, fault: Fault) -> None:
        if fault.times is None:
            return
        if fault.times == 1:
            del self._waiting[place]
        else:
            self._waiting[place] = replace(fault, times=fault.times - 1)

    def waiting(self) -> tuple[Fault, ...]:
        """The faults that have not struck as often as they should."""
        with self._lock:
            return tuple(self._waiting)

    def clear(self) -> None:
        """Drop the script."""
        with self._lock:
            self._waiting.clear()
