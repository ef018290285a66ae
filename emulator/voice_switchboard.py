"""Calls in real time: placed by the app or by phones, ringing, answered, driven to their end.

Only rings and pauses between two statuses take real time; what is played does not.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

from emulator.background import Background
from emulator.courier import Courier
from emulator.errors import CarrierError
from emulator.faults import FaultKind, Faults, Operation, Stage
from emulator.options import Options
from emulator.voice_book import CallBook
from emulator.voice_call import Call
from emulator.voice_events import Ending
from emulator.voice_interpreter import Interpreter
from emulator.voice_lines import Lines
from emulator.voice_live import Live, publish
from emulator.voice_model import (
    HANG_UP,
    OUTCOMES,
    RING,
    CallRecord,
    CallStatus,
    Pickup,
)
from emulator.voice_phone import detect, start, tell_detected
from emulator.voice_request import CallRequest, answered_by
from emulator.voice_verbs import Method, Verb
from emulator.webhook import Webhooks

INBOUND_PATH = "/voice/inbound"
_FORGOTTEN = 600.0
"""Seconds without a sign from whoever drives a call, after which the line is dropped."""

_UNTIL_A_PAGE = 0.3
"""Seconds between two looks whether a page is open, for a call that is to ring there."""


class NoSuchCallError(LookupError):
    """There is no such call, or it is over; says which."""


class Switchboard:
    """Places calls, has phones answer them, and lets people act in them."""

    def __init__(
        self,
        options: Options,
        book: CallBook,
        faults: Faults,
        background: Background,
        courier: Courier,
        webhooks: Webhooks,
    ) -> None:
        self.book = book
        self._options = options
        self._faults = faults
        self._background = background
        self._webhooks = webhooks
        self._lines = Lines(options, book, faults, courier, webhooks)
        self._lock = threading.Lock()
        self._live: dict[str, Live] = {}

    def listen_at(self, url: str) -> None:
        """Say where recordings are fetched: the carrier's own address, known once it listens."""
        self._lines.base_url = url

    def reset(self) -> None:
        """Drop every line."""
        with self._lock:
            self._live.clear()
        self.book.reset()

    # Calls that the app places

    def place(self, request: CallRequest) -> CallRecord:
        """Take a call on; it is dialled a moment later."""
        live = self._lines.outgoing(request)
        journey = self._faults.take(Stage.JOURNEY, request.to, Operation.CREATE_CALL)
        held = journey.seconds if journey and journey.kind is FaultKind.HOLD_IN_QUEUE else 0.0
        if journey and journey.kind is FaultKind.FAIL:
            live.pickup = Pickup(by="failed", sip_code=journey.code)
        record = self._open(live, CallStatus.QUEUED)
        self._background.after(held + self._options.pace, lambda: self._dial(live))
        return record

    def _dial(self, live: Live) -> None:
        now = datetime.now(UTC)
        record = self.book.call(live.sid)
        if record is None or record.is_final:
            return
        if live.pickup.by == RING and self._options.rings_on_page and not self.book.has_page:
            self._background.after(_UNTIL_A_PAGE, lambda: self._dial(live), awaited=False)
            return
        live.reports.tell("initiated")
        if live.pickup.by == "failed":
            self._finish(live, "failed", live.pickup.sip_code)
        elif self.book.advance(live.sid, CallStatus.RINGING, started_at=now):
            live.reports.tell("ringing")
            self._ring(live)

    def _ring(self, live: Live) -> None:
        pickup = live.pickup
        longest = live.request.timeout if live.request else 0
        if pickup.by == RING or pickup.after > longest:
            rings_out = pickup.by != RING
            self._background.after(
                longest, lambda: self._finish(live, "no-answer"), awaited=rings_out
            )
            return
        seconds = pickup.after or self._options.pace
        if pickup.by in OUTCOMES:
            self._background.after(seconds, lambda: self._finish(live, pickup.by, pickup.sip_code))
        else:
            live.script = deque(pickup.script)
            self._background.after(
                seconds,
                lambda: self._background.post(live.sid, lambda: self._take(live, pickup.by)),
            )

    def _take(self, live: Live, by: str) -> None:
        with live.lock:
            if self._answer(live, by):
                self._settle(live)

    def _answer(self, live: Live, by: str) -> bool:
        """Answer a ringing call and carry its document out; False if it rings no more."""
        record, request = self.book.call(live.sid), live.request
        if record is None or record.status is not CallStatus.RINGING or request is None:
            return False
        detected = _detected(request, by)
        live.interpreter.answer()
        if by == HANG_UP:
            live.interpreter.end(Ending.CALLER)
            return True
        self.book.change(live.sid, answered_by=detected or None)
        detect(live.interpreter, request, detected)
        live.drive(lambda caller: start(caller, request))
        if request.async_amd:
            tell_detected(live.interpreter.wire, request, detected)
        return True

    def _finish(self, live: Live, outcome: str, sip_code: int | None = None) -> bool:
        """End a call that nobody has answered; False if somebody has, or it is over."""
        if not self.book.advance(live.sid, CallStatus(outcome), duration=0):
            return False
        extra = {} if sip_code is None else {"SipResponseCode": str(sip_code)}
        live.reports.tell(outcome, extra)
        self._forget(live)
        return True

    # People

    def answer(self, sid: str, by: str = "human", script: tuple[str, ...] | None = None) -> None:
        """Answer a call that rings; without a script it is driven by `act` from then on.

        Raises NoSuchCallError, and ValueError for a `by` that makes no sense.
        """
        live = self._find(sid)
        Pickup(by=by, script=script or ())
        with live.lock:
            live.script = None if script is None else deque(script)
            if not self._answer(live, by):
                raise NoSuchCallError("The call does not ring (any more).")
            self._settle(live)
        self._watch(live)

    def decline(self, sid: str, outcome: str = "busy") -> None:
        """Refuse a call that rings. Raises NoSuchCallError."""
        if outcome not in OUTCOMES:
            raise ValueError(f"A call ends unanswered as one of {', '.join(sorted(OUTCOMES))}.")
        if not self._finish(self._find(sid), outcome):
            raise NoSuchCallError("The call does not ring (any more).")

    def call_in(self, from_: str, to: str, script: tuple[str, ...] | None = None) -> CallRecord:
        """Call a clinic number; without a script the call is driven by `act`.

        Raises ValueError for a script that makes no sense.
        """
        Pickup(script=script or ())
        live = self._lines.incoming(from_, to, strict=False)
        self._open(live, CallStatus.RINGING)
        live.script = None if script is None else deque(script)
        with live.lock:
            live.drive(lambda caller: caller.begin(self._webhooks.url(INBOUND_PATH)))
            self._settle(live)
        self._watch(live)
        record = self.book.call(live.sid)
        if record is None:
            raise NoSuchCallError("The call was dropped by a reset.")
        return record

    def act(self, sid: str, act: Callable[[Interpreter], None]) -> None:
        """Act in a call that is driven from outside. Raises NoSuchCallError."""
        live = self._find(sid)
        with live.lock:
            live.drive(act)
            self._settle(live)

    # Tests that hold a call in their hands

    def held(self, from_: str, to: str, *, may_fall_through: bool = False) -> Call:
        """Call a clinic number; mistakes in documents are raised where they happen."""
        live = self._lines.incoming(from_, to, strict=True)
        self._open(live, CallStatus.RINGING)
        live.drive(lambda caller: caller.begin(self._webhooks.url(INBOUND_PATH)))
        return self._in_hands(live, may_fall_through=may_fall_through)

    def answer_held(self, sid: str, by: str, *, may_fall_through: bool = False) -> Call:
        """Answer a ringing call likewise. Raises NoSuchCallError."""
        live = self._find(sid)
        live.interpreter.wire.strict = True
        if not self._answer(live, by):
            raise NoSuchCallError("The call does not ring (any more).")
        return self._in_hands(live, may_fall_through=may_fall_through)

    def _in_hands(self, live: Live, *, may_fall_through: bool) -> Call:
        live.script = None
        self._settle(live)
        return Call(
            live.interpreter,
            may_fall_through=may_fall_through,
            on_act=lambda: self._settle(live),
        ).checked()

    # Changes over the REST interface

    def end(self, record: CallRecord, status: str) -> None:
        """End a call: `canceled` before it is answered, `completed` at any time.

        Raises CarrierError if it is too late.
        """
        live = self._live.get(record.sid)
        if live is None:
            raise CarrierError(21220)
        if self._finish(live, "canceled"):
            return
        if status == "canceled":
            raise CarrierError(21220)
        self._soon(live, lambda caller: caller.end(Ending.CANCELED))

    def redirect(
        self, record: CallRecord, url: str, method: Method, document: tuple[Verb, ...] | None
    ) -> None:
        """Have an answered call go on with another document. Raises CarrierError."""
        live = self._live.get(record.sid)
        if live is None or record.status is not CallStatus.IN_PROGRESS:
            raise CarrierError(21220)
        self._soon(live, lambda caller: caller.change(url, method, document))

    def _soon(self, live: Live, act: Callable[[Interpreter], None]) -> None:
        """Act now, or right after what is going on in the call if that takes longer."""

        def change() -> None:
            with live.lock:
                live.drive(act)
                self._settle(live)

        if live.lock.acquire(timeout=1.0):
            live.lock.release()
            change()
        else:
            self._background.post(live.sid, change)

    def _open(self, live: Live, status: CallStatus) -> CallRecord:
        with self._lock:
            self._live[live.sid] = live
        return self._lines.open(live, status)

    def _settle(self, live: Live) -> None:
        """Show how a call stands, and have a scripted person go on."""
        publish(live, self.book)
        if live.interpreter.ending is not None:
            self._forget(live)
        elif live.script is not None:
            self._background.after(
                self._options.pace,
                lambda: self._background.post(live.sid, lambda: self._step(live)),
            )

    def _step(self, live: Live) -> None:
        with live.lock:
            live.take_step()
            self._settle(live)

    def _watch(self, live: Live) -> None:
        """Drop a line that nobody is holding any more."""
        if live.script is not None or live.interpreter.ending is not None:
            return
        if time.monotonic() - live.touched_at > _FORGOTTEN + live.interpreter.clock:
            self._soon(live, lambda caller: caller.hang_up())
        else:
            self._background.after(30, lambda: self._watch(live), awaited=False)

    def _find(self, sid: str) -> Live:
        with self._lock:
            live = self._live.get(sid)
        if live is None:
            raise NoSuchCallError("There is no such call, or it is over.")
        return live

    def _forget(self, live: Live) -> None:
        with self._lock:
            self._live.pop(live.sid, None)


def _detected(request: CallRequest, by: str) -> str:
    """What detection makes of who answers; any machine is one to a detection of either kind."""
    if by in (RING, HANG_UP):
        by = "human"
    try:
        return answered_by(request, by)
    except ValueError:
        return answered_by(request, "machine")
