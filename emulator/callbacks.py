"""Status callbacks: what they say, and in which order, how often and how late they go out."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime

from emulator.background import Background
from emulator.faults import Fault, FaultKind
from emulator.model import Callback, Message, Status
from emulator.state import State
from emulator.webhook import NoAnswerError, Webhooks

TOLD: frozenset[Status] = frozenset(
    {
        Status.QUEUED,
        Status.SENT,
        Status.DELIVERED,
        Status.UNDELIVERED,
        Status.FAILED,
        Status.CANCELED,
    }
)
"""Statuses that a callback tells of when a message comes to them; the one it starts with is not,
so only messages of a service report that they are queued."""


@dataclass(slots=True)
class _Held:
    """Callbacks that wait to be posted in reverse order."""

    posts: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)


class Callbacks:
    """Posts a callback for each step of a message that asked for it."""

    def __init__(
        self, state: State, background: Background, webhooks: Webhooks, account_sid: str
    ) -> None:
        self._state = state
        self._background = background
        self._webhooks = webhooks
        self._account_sid = account_sid
        self._held: dict[str, _Held] = defaultdict(_Held)

    def tell(self, message: Message, fault: Fault | None, *, last: bool) -> None:
        """Report a message's present status to its addresses; `last` says that no more follows."""
        if message.status not in TOLD:
            return
        if message.callback_url:
            self._schedule(message, message.callback_url, fault, last=last)
        if message.action_url and message.status in (Status.SENT, Status.FAILED):
            self._schedule(message, message.action_url, None, last=True)

    def _schedule(self, message: Message, url: str, fault: Fault | None, *, last: bool) -> None:
        form = self._form(message)
        kind = fault.kind if fault else None
        if fault is None:
            self._later(0, message.sid, url, form)
        elif kind is FaultKind.CALLBACK_DROP and fault.status in ("", message.status):
            return
        elif kind is FaultKind.CALLBACK_REORDER:
            self._hold(message.sid, url, form, last=last)
        elif kind is FaultKind.CALLBACK_STATUS and last:
            strange = {**form, "MessageStatus": fault.status, "SmsStatus": fault.status}
            self._later(0, message.sid, url, strange)
        else:
            for _ in range(fault.count if kind is FaultKind.CALLBACK_REPEAT else 1):
                self._later(fault.seconds, message.sid, url, form)

    def _hold(self, sid: str, url: str, form: dict[str, str], *, last: bool) -> None:
        held = self._held[sid]
        held.posts.insert(0, (sid, url, form))
        if last:
            for post in held.posts:
                self._later(0, *post)
            del self._held[sid]

    def _later(self, seconds: float, sid: str, url: str, form: dict[str, str]) -> None:
        """Post through the message's own lane, so that its callbacks do not overtake each other."""
        if seconds > 0:
            self._background.after(seconds, lambda: self._later(0, sid, url, form))
        else:
            self._background.post(sid, lambda: self._post(url, form))

    def _post(self, url: str, form: dict[str, str]) -> None:
        try:
            answered = self._webhooks.post(url, form).status
        except NoAnswerError:
            answered = 0
        sid, status = form["MessageSid"], form["MessageStatus"]
        self._state.add_callback(Callback(sid, status, answered, url))

    def _form(self, message: Message) -> dict[str, str]:
        form = {
            "AccountSid": self._account_sid,
            "ApiVersion": "2010-04-01",
            "From": message.from_,
            "MessageSid": message.sid,
            "MessageStatus": message.status.value,
            "SmsSid": message.sid,
            "SmsStatus": message.status.value,
            "To": message.to,
        }
        if message.service_sid:
            form["MessagingServiceSid"] = message.service_sid
        if message.error_code:
            form["ErrorCode"] = str(message.error_code)
        if message.status in (Status.DELIVERED, Status.UNDELIVERED):
            form["RawDlrDoneDate"] = datetime.now(UTC).strftime("%y%m%d%H%M")
        return form
