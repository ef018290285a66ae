"""Days that are over, lived through again: the app's own parts on a clock that is set by hand.

Reminders go out by the real dispatcher, texts and calls are taken by the real conversation, and the
phone network is one that only remembers: it takes everything, and reports what it was told to
report. So what is stored is what such days would have left behind.
"""

from __future__ import annotations

import datetime as dt
import heapq
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Final
from urllib.parse import parse_qs, urlsplit

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.engine import Connection

from carrier.client import CarrierCall, CarrierMessage, OutgoingCall, OutgoingText
from carrier.errors import classify
from carrier.outcome import Accepted, Refused, SendOutcome
from cli.demo_calls import MACHINE, NOBODY, PastCall
from conversation import Conversations
from conversation.calls import CallIn, Calls
from conversation.turn import TextIn
from db.clinics import Clinics
from db.models import Reminder, StaffText
from db.session import Database
from flows.library import default_library
from profiles import Profile
from scheduler.call_reports import record_call_status
from scheduler.callbacks import record_status
from scheduler.dispatch import CallDesk, Dispatcher
from scheduler.staff_texts import StaffTexts
from sms.render import twiml

_SECOND: Final = dt.timedelta(seconds=1)
_REFUSED_AT_ONCE: Final = frozenset({21211, 21610, 21612, 21614})
_FAST: Final = 1000.0
_TO_LISTEN: Final = 14.0
"""How many seconds go by until somebody answers in a call."""


@dataclass(frozen=True, slots=True)
class Phone:
    """How a phone meets what comes: the carrier's error code for texts, or 0 where they arrive;
    what is pressed in calls, or `machine`, or `no-answer`."""

    error: int = 0
    calls: str = NOBODY


_ANY: Final = Phone(calls=MACHINE)
"""A phone that nothing is said of: what was due to others in these days has reached them, too."""


@dataclass(slots=True)
class RememberedCarrier:
    """Stands for the phone network of days that are over."""

    phones: Mapping[str, Phone]
    sent: list[tuple[str, OutgoingText | OutgoingCall]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def met(self, number: str) -> Phone:
        """How a phone meets what comes."""
        return self.phones.get(number, _ANY)

    def send_text(self, text: OutgoingText) -> SendOutcome:
        """Take a text, unless the number is one that is refused."""
        error = self.met(text.to).error
        if error in _REFUSED_AT_ONCE:
            return Refused(classify(error, 400), error, 400)
        return self._taken("SM", text, "queued")

    def place_call(self, call: OutgoingCall) -> SendOutcome:
        """Take a call."""
        return self._taken("CA", call, "queued")

    def _taken(self, kind: str, what: OutgoingText | OutgoingCall, status: str) -> SendOutcome:
        sid = f"{kind}{uuid.uuid4().hex}"
        with self._lock:
            self.sent.append((sid, what))
        return Accepted(sid, status)

    def taken(self) -> list[tuple[str, OutgoingText | OutgoingCall]]:
        """What was taken since this was asked last."""
        with self._lock:
            sent, self.sent = self.sent, []
        return sent

    def find_texts(self, _to: str, _sent_after: dt.datetime, /) -> list[CarrierMessage]:
        """Nothing is looked for: every request has a clear answer."""
        return []

    def fetch_text(self, _sid: str, /) -> CarrierMessage | None:
        """Nothing is looked for."""
        return None

    def find_calls(self, _to: str, _made_after: dt.datetime, /) -> list[CarrierCall]:
        """Nothing is looked for."""
        return []

    def fetch_call(self, _sid: str, /) -> CarrierCall | None:
        """Nothing is looked for."""
        return None


class _Unhurried(Clinics):
    """The clinics as they are, but for the pace of their senders: nobody waits for the past."""

    def read(self, connection: Connection, clinic_id: str, fingerprint: str) -> Profile:
        """The profile of a clinic."""
        profile = super().read(connection, clinic_id, fingerprint)
        return msgspec.structs.replace(profile, messages_per_second=_FAST, calls_per_second=_FAST)


OnSent = Callable[[int], None]


class Past:
    """The clock, the network and what happens when. `now` only ever goes forward.

    `on_sent` gets the id of each reminder as it goes out.
    """

    def __init__(
        self, database: Database, phones: Mapping[str, Phone], start: dt.datetime, on_sent: OnSent
    ) -> None:
        self.database, self.now = database, start
        self._carrier = RememberedCarrier(phones)
        self._on_sent = on_sent
        self.clinics = _Unhurried()
        library = default_library()
        callback, desk = "http://127.0.0.1/sms/status", CallDesk("http://127.0.0.1/voice", None)
        parts = (database, self._carrier, library, self.clinics, callback)
        self._dispatcher = Dispatcher(*parts, desk=desk, threads=2)
        self._staff_texts = StaffTexts(database, self._carrier, self.clinics, callback)
        self._texts = Conversations(database, library, self.clinics)
        self._calls = Calls(database, library, self.clinics)
        self._events: list[tuple[dt.datetime, int, Callable[[], None]]] = []
        self._serial = count()

    def at(self, moment: dt.datetime, happens: Callable[[], None]) -> None:
        """Have something happen at a moment; at once if that is over."""
        heapq.heappush(self._events, (max(moment, self.now), next(self._serial), happens))

    def after(self, seconds: float, happens: Callable[[], None]) -> None:
        """Have something happen a little later."""
        self.at(self.now + seconds * _SECOND, happens)

    def live_until(self, end: dt.datetime) -> None:
        """Let everything happen up to a moment, in its order; what would come later is left out."""
        while True:
            due, event = self._next_due(), self._events[0][0] if self._events else None
            following = min((each for each in (due, event) if each is not None), default=None)
            if following is None or following > end:
                self.now = end
                return
            self.now = max(self.now, following)
            if due is not None and due <= self.now:
                self._work()
            else:
                heapq.heappop(self._events)[2]()

    def _next_due(self) -> dt.datetime | None:
        """When the next message is to go out."""
        with self.database.reading() as session:
            moments = [
                session.scalar(select(func.min(each.next_at)).where(each.status == "planned"))
                for each in (Reminder, StaffText)
            ]
        return min((each for each in moments if each is not None), default=None)

    def _work(self) -> None:
        """What a worker does when something is due, and what the network then reports."""
        self._staff_texts.run(lambda: self.now)
        self._dispatcher.run(lambda: self.now)
        self._put_back_starts()
        for sid, sent in self._carrier.taken():
            if isinstance(sent, OutgoingText):
                self._report_text(sid, sent)
            else:
                self._ring(sid, sent)

    def _put_back_starts(self) -> None:
        """When a request began is kept by the real clock; on that day it showed that day."""
        with self.database.transaction() as session:
            for table in (Reminder, StaffText):
                session.execute(
                    update(table).where(table.started_at > self.now).values(started_at=self.now)
                )

    def _report_text(self, sid: str, text: OutgoingText) -> None:
        args = _args(text.status_callback)
        error = self._carrier.met(text.to).error
        form = {"MessageSid": sid, "MessageStatus": "undelivered" if error else "delivered"}
        if error:
            form["ErrorCode"] = str(error)

        def report() -> None:
            with self.database.transaction() as session:
                record_status(session, self.clinics, args, form, self.now)
            if "r" in args and not error:
                self._on_sent(int(args["r"]))

        self.after(4, report)

    def _ring(self, sid: str, call: OutgoingCall) -> None:
        """A call of ours rings; it is taken, or not."""
        args, met = _args(call.status_callback), self._carrier.met(call.to).calls
        ours = self._call(sid, call.to, call.from_number or "")

        def over(status: str) -> None:
            form = {"CallSid": sid, "CallStatus": status}
            with self.database.transaction() as session:
                record_call_status(session, self.clinics, args, form, self.now)
            ours.ends()

        def answered() -> None:
            ours.answer(int(args["r"]), int(args["a"]), met)
            seconds = self._go_on(ours, () if met == MACHINE else met.split())
            self.after(seconds, partial(over, "completed"))
            self._on_sent(int(args["r"]))

        if met == NOBODY:
            self.after(31, partial(over, NOBODY))
        else:
            self.after(9, answered)

    def text(self, phone: str, profile: Profile, words: str) -> None:
        """A patient texts the clinic."""
        came = TextIn(f"SM{uuid.uuid4().hex}", phone, profile.texting_number or "", words)
        self._texts.answer(came, twiml, lambda: self.now)

    def call(self, phone: str, profile: Profile, turns: Sequence[str]) -> None:
        """A patient calls the clinic: keys, words or a voice message, one turn each."""
        theirs = self._call(f"CA{uuid.uuid4().hex}", phone, profile.texting_number or "")
        theirs.begin()
        self.after(self._go_on(theirs, turns), theirs.ends)

    def _call(self, sid: str, phone: str, line: str) -> PastCall:
        return PastCall(self._calls, CallIn(sid, phone, line), lambda: self.now)

    def _go_on(self, call: PastCall, turns: Sequence[str]) -> float:
        """One turn after the other; after how many seconds the call is over."""
        seconds = _TO_LISTEN
        for turn in turns:
            self.after(seconds, partial(call.goes_on, turn))
            seconds += _TO_LISTEN
        return seconds


def _args(address: str | None) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address or "").query).items()}
