"""Patients' phones in one process with the app: calls both ways, told as a test tells them.

`Phone(post).call("+18285550173", to="+18285550110").hears("press 1").presses("1")`
"""

import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, field
from urllib.parse import urljoin

from emulator.options import LOCAL_ACCOUNT
from emulator.voice_call import Call
from emulator.voice_events import Ending
from emulator.voice_interpreter import Interpreter
from emulator.voice_reports import Reports
from emulator.voice_request import LONGEST_CALL, CallRequest, answered_by
from emulator.voice_verbs import Method
from emulator.voice_wire import ApplicationError, Ends, Getter, Poster, Request, Wire

AMD_SECONDS = 4.0
"""How long it takes to tell a person from a machine; a greeting and its beep take longer."""
GREETING_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Phone:
    """Patients' phones, connected to an app by `post`.

    `inbound` and `status` are the app's addresses for calls to a clinic number, below `base_url`;
    `recordings_url` is where recordings are fetched.
    """

    post: Poster
    _: KW_ONLY
    get: Getter | None = None
    base_url: str = "https://clinic.example"
    account_sid: str = LOCAL_ACCOUNT
    inbound: str = "/voice/inbound"
    status: str = "/voice/status"
    fallback: str | None = None
    recordings_url: str = "https://api.twilio.com"
    strict: bool = True
    extra: Mapping[str, str] = field(default_factory=dict)

    def call(
        self,
        caller: str,
        *,
        to: str,
        sid: str = "",
        abandoned: bool = False,
        may_fall_through: bool = False,
    ) -> Call:
        """Call a clinic number; `caller` may be withheld, in any of Twilio's spellings.

        `abandoned` is a caller who hangs up before the first verb: the app is asked all the same,
        and then hears that the call is over.
        """
        wire = self._wire(sid, caller, to, "inbound", self._fallback)
        wire.extra.update(self.extra)
        reports = Reports(wire, self._url(self.status), "POST", frozenset({"completed"}))
        interpreter = self._interpreter(wire, reports)
        if abandoned:
            with suppress(ApplicationError):
                wire.fetch(self._url(self.inbound), "POST", {})
            interpreter.end(Ending.CALLER)
        else:
            interpreter.begin(self._url(self.inbound))
        return Call(interpreter, may_fall_through=may_fall_through).checked()

    def answers(
        self,
        request: CallRequest,
        *,
        by: str = "human",
        sid: str = "",
        hangs_up_at_once: bool = False,
        may_fall_through: bool = False,
    ) -> Call:
        """A call of the app's is answered: by human, machine, fax or unknown.

        It can also be given in full, such as machine_end_silence. What the app hears of it depends
        on the MachineDetection that it asked for. With `hangs_up_at_once` the document is not even
        fetched.
        """
        detected = answered_by(request, by)
        wire, reports = self._outbound(request, sid)
        interpreter = self._interpreter(wire, reports, request.time_limit)
        reports.tell("initiated")
        reports.tell("ringing")
        interpreter.answer()
        detect(interpreter, request, detected)
        if hangs_up_at_once:
            interpreter.end(Ending.CALLER)
        else:
            start(interpreter, request)
        if request.async_amd:
            tell_detected(wire, request, detected)
        return Call(interpreter, may_fall_through=may_fall_through).checked()

    def does_not_answer(
        self, request: CallRequest, outcome: str, *, sid: str = "", sip_code: int | None = None
    ) -> list[Request]:
        """A call of the app's ends unanswered: busy, no-answer, failed or canceled.

        Gives the reports that the app got.
        """
        wire, reports = self._outbound(request, sid)
        reports.tell("initiated")
        if outcome in ("busy", "no-answer"):
            reports.tell("ringing")
        extra = {} if sip_code is None else {"SipResponseCode": str(sip_code)}
        reports.tell(outcome, extra)
        return wire.callbacks

    @property
    def _fallback(self) -> tuple[str, Method] | None:
        return (self._url(self.fallback), "POST") if self.fallback else None

    def _outbound(self, request: CallRequest, sid: str) -> tuple[Wire, Reports]:
        wire = self._wire(sid, request.from_, request.to, "outbound-api", request.fallback)
        url = request.status_callback or ""
        return wire, Reports(wire, url, request.status_callback_method, request.status_events)

    def _wire(
        self,
        sid: str,
        from_: str,
        to: str,
        direction: str,
        fallback: tuple[str, Method] | None,
    ) -> Wire:
        ends = Ends(
            call_sid=sid or new_call_sid(),
            account_sid=self.account_sid,
            from_=from_,
            to=to,
            direction=direction,
        )
        return Wire(ends, self.post, self.get, fallback=fallback, strict=self.strict)

    def _interpreter(
        self, wire: Wire, reports: Reports, time_limit: float = LONGEST_CALL
    ) -> Interpreter:
        interpreter = Interpreter(wire, recordings_url=self.recordings_url, time_limit=time_limit)
        interpreter.on_answer = lambda: reports.tell("in-progress", amd(wire))
        interpreter.on_end = lambda _: reports.tell(
            wire.status, amd(wire), duration=interpreter.duration
        )
        return interpreter

    def _url(self, path: str) -> str:
        return urljoin(self.base_url, path)


def new_call_sid() -> str:
    """A call SID as Twilio writes it."""
    return "CA" + secrets.token_hex(16)


def start(interpreter: Interpreter, request: CallRequest) -> None:
    """Carry out the document of an outbound call that was answered."""
    if request.document is not None:
        interpreter.begin_with(request.document)
    else:
        interpreter.begin(request.url, request.method)


def detect(interpreter: Interpreter, request: CallRequest, detected: str) -> None:
    """Find out who answered before the first document, as Twilio does unless told to go ahead."""
    if not detected or request.async_amd:
        return
    seconds = GREETING_SECONDS if "end" in detected else AMD_SECONDS
    seconds = min(seconds, request.machine_detection_timeout)
    interpreter.clock += seconds
    interpreter.wire.extra |= {
        "AnsweredBy": detected,
        "MachineDetectionDuration": str(round(seconds * 1000)),
    }


def tell_detected(wire: Wire, request: CallRequest, detected: str) -> None:
    """Report who answered while the document is already being played."""
    if detected and request.async_amd_callback:
        milliseconds = str(round(AMD_SECONDS * 1000))
        form = {"AnsweredBy": detected, "MachineDetectionDuration": milliseconds}
        wire.tell(*request.async_amd_callback, form)


def amd(wire: Wire) -> dict[str, str]:
    """What is known about who answered."""
    return {name: value for name, value in wire.extra.items() if name == "AnsweredBy"}
