"""Calls of the carrier without a wire: what becomes of each is told before it is made."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qsl, urlsplit

from carrier.client import CarrierCall, OutgoingCall


class Met(StrEnum):
    """How a phone meets a call."""

    KEY = "key"
    """A person answers and presses a key."""
    HANG_UP = "hang_up"
    """A person answers and hangs up without one."""
    MACHINE = "machine"
    """A machine answers, and the message is left on it."""
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    CANCELED = "canceled"
    FAILED = "failed"


ANSWERED_BY = {Met.KEY: "human", Met.HANG_UP: "human", Met.MACHINE: "machine_end_beep"}
_UNANSWERED = {Met.BUSY, Met.NO_ANSWER, Met.CANCELED, Met.FAILED}


@dataclass
class Call:
    """A call that was taken, from the carrier's side. It is over after `seconds`; `was_heard` says
    whether the patient then knows the message."""

    sid: str
    call: OutgoingCall = field(repr=False)
    met: Met
    sip_code: int | None
    seconds: int
    taken_at: dt.datetime
    status: str = "queued"
    was_heard: bool = False

    @property
    def row(self) -> int:
        """The reminder that it is about."""
        return int(self.args["r"])

    @property
    def attempt(self) -> int:
        """Which attempt of it."""
        return int(self.args["a"])

    @property
    def args(self) -> dict[str, str]:
        """The arguments of its callback address."""
        return dict(parse_qsl(urlsplit(self.call.status_callback).query))

    @property
    def is_over(self) -> bool:
        """Whether the phone has been hung up."""
        return self.status != "queued"

    @property
    def rings_until(self) -> dt.datetime:
        """When a phone that nobody answers stops ringing."""
        return self.taken_at + dt.timedelta(seconds=self.call.ring_seconds)

    def is_due(self, now: dt.datetime) -> bool:
        """Whether it is now that it is answered or ends."""
        return not self.is_over and now >= self.taken_at + dt.timedelta(seconds=self.seconds)

    def end(self) -> None:
        """Be over, whatever was heard."""
        self.status = self.met.value if self.met in _UNANSWERED else "completed"

    def form(self, status: str | None = None) -> dict[str, str]:
        """The form of the callback that tells of its end, or of another status."""
        form = {"CallSid": self.sid, "CallStatus": status or self.status}
        if self.sip_code is not None and form["CallStatus"] == "failed":
            form["SipResponseCode"] = str(self.sip_code)
        return form

    def seen(self) -> CarrierCall:
        """The call as a look-up shows it."""
        return CarrierCall(
            self.sid,
            self.call.to,
            self.call.from_number,
            self.status,
            ANSWERED_BY.get(self.met) if self.is_over else None,
            self.taken_at.replace(microsecond=0),
        )
