"""Sending texts and making calls through Twilio, and looking up what became of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import requests
from twilio.base.exceptions import TwilioException
from twilio.rest import Client
from twilio.rest.api.v2010.account.call import CallInstance
from twilio.rest.api.v2010.account.message import MessageInstance
from urllib3.exceptions import HTTPError

from carrier.errors import ErrorClass, classify
from carrier.outcome import Accepted, Ambiguous, NotSent, NotSentWhy, Refused, SendOutcome
from carrier.transport import Transport, never_left

_LEAST_VALIDITY: Final = 6
_MOST_VALIDITY: Final = 36_000
"""Seconds that Twilio may keep a text waiting: it refuses 5 or less, and more than ten hours."""

_NEWEST: Final = 100
"""How many of a number's latest messages are looked through: far more than it gets in a day."""

_NO_SUCH_THING: Final = 20404
"""Twilio's own word for it; a bare HTTP 404 may come from anything in between."""

_NO_REGION: Final = {"TWILIO_REGION": ""}
"""Stands in for the environment, from which the library would take a region and an edge."""

_TROUBLE: Final = (
    *(TwilioException, requests.RequestException, HTTPError),
    *(AttributeError, LookupError, TypeError, ValueError),
)
"""Refusals, broken connections, and what the library raises on JSON that it did not expect."""


class CarrierError(Exception):
    """A look-up got no usable answer, which says nothing about the message. Ask again later.

    The text holds the kind of trouble only, never an address or a number.
    """


@dataclass(frozen=True, slots=True)
class Sender:
    """Where texts come from: a number, a messaging service, or a number within a service."""

    from_number: str | None = None
    messaging_service_sid: str | None = None

    def __post_init__(self) -> None:
        if not self.from_number and not self.messaging_service_sid:
            raise ValueError("Sending needs a number or a messaging service to send from.")


@dataclass(frozen=True, slots=True)
class OutgoingText:
    """One text to send.

    `to` and `from_number` are E.164; without a number of its own it goes out from the client's
    sender. Twilio reports to `status_callback`, a public URL that holds our own id, and gives up
    after `validity_seconds`: the time until the text is of no more use.
    """

    to: str = field(repr=False)
    body: str = field(repr=False)
    from_number: str | None = field(repr=False)
    status_callback: str | None
    validity_seconds: int


@dataclass(frozen=True, slots=True)
class OutgoingCall:
    """One call to make.

    `to` and `from_number` are E.164; without a number of its own it comes from the client's. What
    is said is at `url`, which Twilio asks with `AnsweredBy` once somebody or something has answered
    within `ring_seconds`; it reports to `status_callback`. Both addresses hold our own id. Where
    `url`, or a later address of the call, gives nothing that can be spoken, Twilio asks
    `fallback_url`; without one the patient hears of an application error.
    """

    to: str = field(repr=False)
    from_number: str | None = field(repr=False)
    url: str
    status_callback: str
    fallback_url: str
    ring_seconds: int = 30


@dataclass(frozen=True, slots=True)
class CarrierCall:
    """A call as Twilio knows it. `status` is its word, `created_at` in UTC, to the second."""

    sid: str
    to: str = field(repr=False)
    from_number: str | None = field(repr=False)
    status: str
    answered_by: str | None
    created_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class CarrierMessage:
    """A message as Twilio knows it. `status` is its word, `created_at` in UTC, to the second."""

    sid: str
    to: str = field(repr=False)
    from_number: str | None = field(repr=False)
    body: str = field(repr=False)
    status: str
    error_code: int | None
    created_at: dt.datetime | None


class CarrierClient:
    """The account's line to Twilio. Threads may share one; make it after a fork, not before.

    `api_base_url` leads to a stand-in; None is Twilio itself. `timeout` is in seconds.
    """

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        api_base_url: str | None,
        *,
        timeout: float = 10.0,
        default_sender: Sender,
    ) -> None:
        self._sender = default_sender
        self._transport = Transport(api_base_url, timeout)
        twilio = Client(
            account_sid, auth_token, http_client=self._transport, environment=_NO_REGION
        )
        self._messages = twilio.messages
        self._calls = twilio.calls

    def close(self) -> None:
        """Closes the connections to Twilio."""
        self._transport.close()

    def send_text(self, text: OutgoingText) -> SendOutcome:
        """Sends one text, once, and tells what became of it; trouble is an outcome, no exception.

        No transaction may be open meanwhile: it can take twice the time limit, once to connect
        and once for the answer.
        """
        if text.validity_seconds < _LEAST_VALIDITY:
            return NotSent(NotSentWhy.TOO_LATE)
        try:
            message = self._messages.create(**self._fields(text))
        except _TROUBLE as error:
            return _outcome_of(error)
        if not message.sid:
            return Ambiguous("an answer without a message SID")
        return Accepted(str(message.sid), str(message.status or ""))

    def find_texts(self, to: str, sent_after: dt.datetime) -> list[CarrierMessage]:
        """Our texts to a number that Twilio took at or after a moment, the newest first.

        Filtered here by the time of creation: Twilio's own filter goes by the time of sending,
        which a waiting message does not have. Seconds count, fractions do not. A message without
        a time is given as well, for to overlook one is to send it twice.

        Raises `CarrierError` without a usable answer; an empty list means there are none.
        """
        if sent_after.tzinfo is None:
            raise ValueError("sent_after needs a time zone.")
        earliest = sent_after.astimezone(dt.UTC).replace(microsecond=0)
        with _looking_up():
            found = [
                _message(item)
                for item in self._messages.list(to=to, limit=_NEWEST)
                if item.direction in {"outbound-api", None}
            ]
        return [item for item in found if item.created_at is None or item.created_at >= earliest]

    def fetch_text(self, sid: str) -> CarrierMessage | None:
        """A message by its SID; None if Twilio has none by that SID.

        Raises `CarrierError` without a usable answer.
        """
        with _looking_up():
            try:
                return _message(self._messages(sid).fetch())
            except TwilioException as error:
                if _number(error, "code") == _NO_SUCH_THING:
                    return None
                raise

    def place_call(self, call: OutgoingCall) -> SendOutcome:
        """Makes one call, once, and tells what became of the request; as `send_text`.

        A machine that answers is waited for until its own message is over, so that ours is heard.
        """
        number = call.from_number or self._sender.from_number
        if number is None:
            return Refused(ErrorClass.SENDER_CONFIG, None, None)
        try:
            placed = self._calls.create(
                to=call.to,
                from_=number,
                url=call.url,
                fallback_url=call.fallback_url,
                fallback_method="POST",
                status_callback=call.status_callback,
                timeout=call.ring_seconds,
                machine_detection="DetectMessageEnd",
            )
        except _TROUBLE as error:
            return _outcome_of(error)
        if not placed.sid:
            return Ambiguous("an answer without a call SID")
        return Accepted(str(placed.sid), str(placed.status or ""))

    def find_calls(self, to: str, made_after: dt.datetime) -> list[CarrierCall]:
        """Our calls to a number that Twilio took at or after a moment, the newest first; as
        `find_texts`."""
        if made_after.tzinfo is None:
            raise ValueError("made_after needs a time zone.")
        earliest = made_after.astimezone(dt.UTC).replace(microsecond=0)
        with _looking_up():
            found = [
                _call(item)
                for item in self._calls.list(to=to, limit=_NEWEST)
                if item.direction in {"outbound-api", None}
            ]
        return [item for item in found if item.created_at is None or item.created_at >= earliest]

    def fetch_call(self, sid: str) -> CarrierCall | None:
        """A call by its SID; None if Twilio has none by that SID. Raises `CarrierError`."""
        with _looking_up():
            try:
                return _call(self._calls(sid).fetch())
            except TwilioException as error:
                if _number(error, "code") == _NO_SUCH_THING:
                    return None
                raise

    def _fields(self, text: OutgoingText) -> dict[str, object]:
        fields = {
            "to": text.to,
            "body": text.body,
            "from_": text.from_number or self._sender.from_number,
            "messaging_service_sid": self._sender.messaging_service_sid,
            "status_callback": text.status_callback,
            "validity_period": min(int(text.validity_seconds), _MOST_VALIDITY),
        }
        return {name: value for name, value in fields.items() if value is not None}


def _outcome_of(error: Exception) -> SendOutcome:
    if isinstance(error, TwilioException):
        return _refusal(error)
    if isinstance(error, requests.RequestException) and never_left(error):
        return NotSent(NotSentWhy.NO_CONNECTION)
    if isinstance(error, UnicodeEncodeError):  # raised while the request is written
        return Refused(ErrorClass.OUR_BUG, None, None)
    return Ambiguous(_kind(error))


def _refusal(error: TwilioException) -> SendOutcome:
    """An error answer of either of the library's two shapes, which share no base of their own."""
    status, code = _number(error, "status"), _number(error, "code")
    if code == status:  # the library's filler where the answer has no code
        code = None
    kind = classify(code, status)
    if kind is ErrorClass.AMBIGUOUS or (status is None and code is None):
        return Ambiguous(f"HTTP {status}, code {code}")
    return Refused(kind, code, status)


def _number(error: TwilioException, name: str) -> int | None:
    value = getattr(error, name, None)
    return value if isinstance(value, int) else None


def _kind(error: Exception) -> str:
    """The kind of an error; its text may hold the address, and with it a number."""
    return type(error).__name__


@contextmanager
def _looking_up() -> Iterator[None]:
    try:
        yield
    except _TROUBLE as error:
        # Not chained: the original's text holds the address, and with it a number.
        raise CarrierError(f"Twilio gave no usable answer ({_kind(error)}).") from None


def _message(item: MessageInstance) -> CarrierMessage:
    if not item.sid:
        raise LookupError("a message without a SID")
    return CarrierMessage(
        sid=str(item.sid),
        to=str(item.to or ""),
        from_number=item.from_,
        body=str(item.body or ""),
        status=str(item.status or ""),
        error_code=item.error_code,
        created_at=item.date_created,
    )


def _call(item: CallInstance) -> CarrierCall:
    if not item.sid:
        raise LookupError("a call without a SID")
    return CarrierCall(
        sid=str(item.sid),
        to=str(item.to or ""),
        from_number=item._from,  # as the library documents it
        status=str(item.status or ""),
        answered_by=item.answered_by or None,
        created_at=item.date_created,
    )
