"""The status callbacks of messages: which statuses they tell of, and what they say."""

from datetime import UTC, datetime

from emulator.courier import Courier, Report
from emulator.faults import Fault
from emulator.model import Message, Status

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


class Callbacks:
    """Posts a callback for each step of a message that asked for it."""

    def __init__(self, courier: Courier, account_sid: str) -> None:
        self._courier = courier
        self._account_sid = account_sid

    def tell(self, message: Message, fault: Fault | None, *, last: bool) -> None:
        """Report a message's present status to its addresses; `last` says that no more follows."""
        if message.status not in TOLD:
            return
        if message.callback_url:
            self._courier.send(self._report(message, message.callback_url), fault, last=last)
        if message.action_url and message.status in (Status.SENT, Status.FAILED):
            self._courier.send(self._report(message, message.action_url), None, last=True)

    def _report(self, message: Message, url: str) -> Report:
        status_fields = ("MessageStatus", "SmsStatus")
        return Report(message.sid, message.status, url, self._form(message), status_fields)

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
