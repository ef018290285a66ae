"""A carrier without a wire: it takes texts and calls into lists, and goes wrong exactly as it is
told to.

For tests that make thousands of requests; the wire itself is tested against the emulator.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from carrier.client import (
    CarrierCall,
    CarrierError,
    CarrierMessage,
    OutgoingCall,
    OutgoingText,
)
from carrier.errors import ErrorClass, classify
from carrier.outcome import Accepted, Ambiguous, NotSent, NotSentWhy, Refused, SendOutcome
from tests.support.fake_calls import ANSWERED_BY, Call, Met

LEAST_VALIDITY: Final = 6
LONGEST_VALIDITY: Final = 36_000
LISTED_AFTER: Final = dt.timedelta(seconds=60)
EXPIRED: Final = 30036
FAILED: Final = frozenset({"failed", "undelivered"})


class CrashError(Exception):
    """Stands for the end of the worker's process in the middle of a request."""


class How(StrEnum):
    """What happens to one request."""

    TAKEN = "taken"
    REPORTED_FIRST = "reported_first"
    """The report comes in before the answer to the request."""
    REFUSED = "refused"
    ANSWER_LOST = "answer_lost"
    """The message was taken, and nobody hears of it."""
    NO_ANSWER = "no_answer"
    """The message was not taken, and nobody hears of that."""
    NO_CONNECTION = "no_connection"
    CRASH_BEFORE = "crash_before"
    CRASH_AFTER = "crash_after"


@dataclass(frozen=True, slots=True)
class Fate:
    """What one request meets, and what becomes of the message if it is taken.

    `code` is the error of a refusal or, for a message that was taken, of its failure. A message
    without one arrives after `minutes`, unless its validity ends before; `None` is one whose
    last report is "sent".

    A call that was taken is met as `met` says after `rings` seconds; a failure has `sip_code`.
    """

    how: How = How.TAKEN
    code: int | None = None
    minutes: int | None = 0
    met: Met = Met.KEY
    rings: int = 10
    sip_code: int | None = None


@dataclass
class Message:
    """A message that was taken, from the carrier's side."""

    sid: str
    row: int
    text: OutgoingText = field(repr=False)
    fate: Fate
    taken_at: dt.datetime
    status: str = "queued"
    error_code: int | None = None

    @property
    def expires_at(self) -> dt.datetime:
        """When the carrier gives up on it."""
        validity = min(self.text.validity_seconds, LONGEST_VALIDITY)
        return self.taken_at + dt.timedelta(seconds=validity)

    @property
    def is_live(self) -> bool:
        """Whether it has reached the patient or still may."""
        return self.status not in FAILED

    def become(self, now: dt.datetime) -> bool:
        """Go on to what it is by now; returns whether that is something to report."""
        before = self.status
        if before in FAILED or before == "delivered":
            return False
        self.status, self.error_code = self._by(now)
        return self.status != before

    def _by(self, now: dt.datetime) -> tuple[str, int | None]:
        if self.fate.code is not None:
            return "undelivered", self.fate.code
        if self.fate.minutes is None:
            return "sent", None
        arrives = self.taken_at + dt.timedelta(minutes=self.fate.minutes)
        if min(now, arrives) >= self.expires_at:
            return "failed", EXPIRED
        return ("delivered" if now >= arrives else "queued"), None

    def seen(self) -> CarrierMessage:
        """The message as a look-up shows it."""
        return CarrierMessage(
            self.sid,
            self.text.to,
            self.text.from_number,
            self.text.body,
            self.status,
            self.error_code,
            self.taken_at.replace(microsecond=0),
        )


@dataclass(frozen=True, slots=True)
class Report:
    """A status callback: the arguments of its address, and its form."""

    args: dict[str, str]
    form: dict[str, str]


@dataclass
class FakeCarrier:
    """Implements `scheduler.dispatch.Carrier`. `on_taken` sees each message as it is taken, and
    `on_report` gets a report that comes before its request's answer; `on_lookup` is called before
    a look-up is answered. `on_called` sees each call as it is taken, `on_answered` is a phone that
    is answered: it says whether the message was heard."""

    clock: Callable[[], dt.datetime]
    on_taken: Callable[[Message], None]
    on_report: Callable[[Report], None]
    on_lookup: Callable[[], None]
    on_called: Callable[[Call], None]
    on_answered: Callable[[Call], bool]
    messages: list[Message] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    usually: dict[str, Met] = field(default_factory=dict)
    """How phones meet calls that no fate is told for; one that is not named presses a key."""
    fates: deque[Fate] = field(default_factory=deque)
    reports: list[Report] = field(default_factory=list)
    answers_lookups: bool = True

    def go_on(self) -> None:
        """Let time do its work on all messages and calls; what changed waits in `reports`."""
        for call in self.calls:
            if call.is_due(self.clock()):
                self._meet(call)
                self.reports.append(call_report(call))
        for each in self.messages:
            if each.become(self.clock()):
                if each.status != "sent" and each.error_code != EXPIRED:
                    self.reports.append(report(each, "sent"))
                self.reports.append(report(each))

    def send_text(self, text: OutgoingText) -> SendOutcome:
        """Meet the next of `fates`; without one, be taken and arrive."""
        if text.validity_seconds < LEAST_VALIDITY:
            return NotSent(NotSentWhy.TOO_LATE)
        fate = self.fates.popleft() if self.fates else Fate()
        lost = _before_it_is_taken(fate)
        if lost is not None:
            return lost
        message = self._take(text, fate)
        match fate.how:
            case How.CRASH_AFTER:
                raise CrashError
            case How.ANSWER_LOST:
                return Ambiguous("ReadTimeout")
            case How.REPORTED_FIRST if message.become(self.clock()):
                self.on_report(report(message))
        return Accepted(message.sid, "queued")

    def place_call(self, call: OutgoingCall) -> SendOutcome:
        """Meet the next of `fates`; without one, be met as `usually`."""
        usual = Fate(met=self.usually.get(call.to, Met.KEY))
        fate = self.fates.popleft() if self.fates else usual
        lost = _before_it_is_taken(fate)
        if lost is not None:
            return lost
        sid = f"CA{len(self.calls):032x}"
        made = Call(sid, call, fate.met, fate.sip_code, fate.rings, self.clock())
        self.calls.append(made)
        self.on_called(made)
        match fate.how:
            case How.CRASH_AFTER:
                raise CrashError
            case How.ANSWER_LOST:
                return Ambiguous("ReadTimeout")
            case How.REPORTED_FIRST:
                self._meet(made)
                self.on_report(call_report(made))
        return Accepted(made.sid, "queued")

    def find_calls(self, to: str, made_after: dt.datetime) -> list[CarrierCall]:
        """As `find_texts`."""
        self._look_up()
        earliest, shown = made_after.replace(microsecond=0), self.clock() - LISTED_AFTER
        return [
            each.seen()
            for each in reversed(self.calls)
            if each.call.to == to and earliest <= each.taken_at <= shown
        ]

    def fetch_call(self, sid: str) -> CarrierCall | None:
        """One call by its id."""
        self._look_up()
        return next((each.seen() for each in self.calls if each.sid == sid), None)

    def _meet(self, call: Call) -> None:
        if call.met in ANSWERED_BY:
            call.was_heard = self.on_answered(call)
        call.end()

    def find_texts(self, to: str, sent_after: dt.datetime) -> list[CarrierMessage]:
        """The newest first; a message shows up a minute after it was taken."""
        self._look_up()
        earliest = sent_after.replace(microsecond=0)
        shown = self.clock() - LISTED_AFTER
        return [
            each.seen()
            for each in reversed(self.messages)
            if each.text.to == to and earliest <= each.taken_at <= shown
        ]

    def fetch_text(self, sid: str) -> CarrierMessage | None:
        """One message by its id."""
        self._look_up()
        return next((each.seen() for each in self.messages if each.sid == sid), None)

    def _look_up(self) -> None:
        self.on_lookup()
        if not self.answers_lookups:
            raise CarrierError("The carrier gave no usable answer.")

    def _take(self, text: OutgoingText, fate: Fate) -> Message:
        row = int(_args(text)["r"])
        message = Message(f"SM{len(self.messages):032x}", row, text, fate, self.clock())
        self.messages.append(message)
        self.on_taken(message)
        return message


def _before_it_is_taken(fate: Fate) -> SendOutcome | None:
    """What a request comes to that the carrier does not take; `None` for one that it takes."""
    match fate.how:
        case How.CRASH_BEFORE:
            raise CrashError
        case How.NO_CONNECTION:
            return NotSent(NotSentWhy.NO_CONNECTION)
        case How.NO_ANSWER:
            return Ambiguous("HTTP 500, code None")
        case How.REFUSED:
            kind = classify(fate.code, 400)
            if kind is ErrorClass.AMBIGUOUS:
                return Ambiguous(f"HTTP 400, code {fate.code}")
            return Refused(kind, fate.code, 400)
    return None


def _args(text: OutgoingText) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(text.status_callback or "").query))


def report(message: Message, status: str | None = None) -> Report:
    """The callback that tells of a message's status now, or of another one."""
    form = {"MessageSid": message.sid, "MessageStatus": status or message.status}
    if message.error_code is not None and status is None:
        form["ErrorCode"] = str(message.error_code)
    return Report(_args(message.text), form)


def call_report(call: Call, status: str | None = None) -> Report:
    """The callback that tells of a call's end, or of another status."""
    return Report(call.args, call.form(status))
