"""A call that goes on: its interpreter, and everyone who acts in it, one after the other."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from emulator.courier import Courier
from emulator.courier import Report as CourierReport
from emulator.faults import Fault
from emulator.voice_book import CallBook
from emulator.voice_events import Ending, RunawayError
from emulator.voice_interpreter import Interpreter
from emulator.voice_model import NEXT, CallStatus, Pickup, Wanted
from emulator.voice_phone import amd
from emulator.voice_reports import Reports
from emulator.voice_request import CallRequest
from emulator.voice_twiml import BadTwiML
from emulator.voice_verbs import Dial, Gather, Method, Record
from emulator.voice_wire import Request, Wire

PATIENCE = 10
"""Silences in a row after which a scripted person hangs up."""


@dataclass(slots=True)
class Live:
    """A call that goes on. Hold `lock` while anything acts in it.

    `script` is None for a call that is driven from outside.
    """

    interpreter: Interpreter
    reports: Reports
    request: CallRequest | None = None
    pickup: Pickup = field(default_factory=Pickup)
    script: deque[str] | None = None
    silences: int = 0
    acts: int = 0
    fresh: int = 0
    touched_at: float = field(default_factory=time.monotonic)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def sid(self) -> str:
        """The call's SID."""
        return self.interpreter.wire.ends.call_sid

    def drive(self, act: Callable[[Interpreter], None]) -> None:
        """Act, unless the call is over. A document that cannot be followed ends the call."""
        caller = self.interpreter
        if caller.ending is not None:
            return
        self.acts += 1
        self.touched_at = time.monotonic()
        before = list(caller.heard)
        try:
            act(caller)
        except (BadTwiML, RunawayError) as error:
            if caller.wire.strict:
                raise
            caller.fail(str(error))
        # A prompt that was stopped takes the rest of what was heard with it.
        same = [one is other for one, other in zip(before, caller.heard, strict=False)]
        self.fresh = same.index(False) if False in same else len(same)

    def take_step(self) -> None:
        """Do what the script says next; silence when it says no more."""
        step = self.script.popleft() if self.script else ""
        self.silences = 0 if step else self.silences + 1
        if self.silences > PATIENCE:
            step = "hang up"
        self.drive(lambda caller: _perform(caller, step))


def _perform(caller: Interpreter, step: str) -> None:
    word, _, rest = step.partition(":")
    match word:
        case "say":
            caller.say(rest, 0.9)
        case "record":
            caller.recorded(float(rest))
        case "dial":
            caller.dial_ended(rest, 30)
        case "hang up":
            caller.hang_up()
        case "" | "wait":
            _keep_still(caller)
        case keys:
            caller.press(keys)


def _keep_still(caller: Interpreter) -> None:
    """Who says nothing is put through, and leaves a few seconds of voicemail."""
    match caller.waiting:
        case Dial():
            caller.dial_ended("completed", 30)
        case Record():
            caller.recorded(5)
        case _:
            caller.be_silent()


def wanted(caller: Interpreter) -> Wanted | None:
    """What a call waits for."""
    match caller.waiting:
        case Gather() as gather:
            return Wanted(
                kind="gather",
                timeout=gather.timeout,
                keys=gather.takes_keys,
                speech=gather.takes_speech,
                language=gather.language,
                stoppable_from=caller.prompt_began if gather.barge_in else None,
            )
        case Record(timeout=timeout, max_length=longest):
            return Wanted(kind="record", timeout=timeout, longest=longest)
        case Dial(timeout=timeout):
            return Wanted(kind="dial", timeout=timeout)
        case _:
            return None


def connect(live: Live, book: CallBook, courier: Courier, fault: Fault | None) -> None:
    """Have the book and the app hear of everything that happens in a call."""
    caller, reports = live.interpreter, live.reports
    wire = caller.wire
    reports.send = _posting(wire, courier, fault)

    def answered() -> None:
        book.advance(live.sid, CallStatus.IN_PROGRESS)
        reports.tell("in-progress", amd(wire))

    def ended(ending: Ending) -> None:
        record = book.call(live.sid)
        # A call that rang in vain, or was rejected, ends with another word than one that was held.
        status = CallStatus(wire.status)
        if record is not None and status not in NEXT.get(record.status, frozenset()):
            return
        # Who watches looks no further once a call is over: all that is told of it goes with that.
        book.advance(
            live.sid,
            status,
            duration=caller.duration,
            ending=ending,
            problem=caller.problem,
            heard=tuple(caller.heard),
            waiting=None,
        )
        reports.tell(status, amd(wire), duration=caller.duration)

    caller.on_answer = answered
    caller.on_end = ended
    caller.on_recording = book.add_recording


def _posting(
    wire: Wire, courier: Courier, fault: Fault | None
) -> Callable[[str, Method, Mapping[str, str]], None]:
    def send(url: str, method: Method, form: Mapping[str, str]) -> None:
        whole = {**wire.ends.form(wire.status), **form}
        wire.callbacks.append(Request(url, whole, method))
        status = form["CallStatus"]
        last = status in list(CallStatus) and CallStatus(status) not in NEXT
        report = CourierReport(wire.ends.call_sid, status, url, whole, ("CallStatus",), method)
        courier.send(report, fault, last=last)

    return send


def publish(live: Live, book: CallBook) -> None:
    """Show in the book how a call stands."""
    caller = live.interpreter
    book.change(
        live.sid,
        heard=tuple(caller.heard),
        done=tuple(caller.done),
        waiting=wanted(caller),
        ending=caller.ending,
        problem=caller.problem,
        acts=live.acts,
        fresh=live.fresh,
        is_scripted=live.script is not None,
    )
