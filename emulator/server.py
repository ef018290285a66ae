"""The carrier as a running thing, and the handle that tests hold it by."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self, Unpack

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from emulator.control import create_control
from emulator.errors import CarrierError
from emulator.exchange import Exchange
from emulator.faults import Faults
from emulator.inbound import InboundResult, TextDetails
from emulator.listener import Listener
from emulator.model import Callback, Message, Note, Reach
from emulator.options import Options, OptionValues
from emulator.paging import API_VERSION
from emulator.phone import create_phone
from emulator.rest import create_rest
from emulator.voice_call import Call
from emulator.voice_model import CallRecord, Pickup

_LARGEST_REQUEST = 16 * 1024 * 1024


def create_web(exchange: Exchange, refuse: Callable[[float], None]) -> Flask:
    """All that the carrier answers over HTTP."""
    web = Flask("emulator", static_folder=None)
    web.config["MAX_CONTENT_LENGTH"] = _LARGEST_REQUEST
    web.register_blueprint(create_rest(exchange))
    web.register_blueprint(create_control(exchange, refuse))
    web.register_blueprint(create_phone(exchange))
    web.register_error_handler(HTTPException, _plain_error)
    return web


def _plain_error(error: HTTPException) -> Response:
    """Say in JSON what Twilio says in JSON; the status alone is enough elsewhere."""
    status = error.code or 500
    text = "There is nothing like that here."
    if request.path.startswith(f"/{API_VERSION}/"):
        answer = jsonify(CarrierError(20000 + status, http_status=status, text=text).as_json())
    else:
        answer = jsonify({"problem": text})
    answer.status_code = status
    return answer


class Emulator:
    """A stand-in carrier in this process.

    `with Emulator(app_url=..., numbers={"+18285550110": "ARA Health"}) as carrier:` listens on a
    free port until the block ends. The fields of `Options` are its arguments; raises OptionsError.
    """

    def __init__(self, **options: Unpack[OptionValues]) -> None:
        self.options = Options(**options)
        self._exchange = Exchange(self.options)
        web = create_web(self._exchange, self.refuse_for)
        self._listener = Listener(self.options.host, self.options.port, web)

    def __enter__(self) -> Self:
        """Start, and hand oneself out."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Listen and work, in threads of its own."""
        self._listener.open()
        self._exchange.inbound.base_url = self.url
        self._exchange.switchboard.listen_at(self.url)
        self._exchange.background.start()

    def stop(self) -> None:
        """End pages, posts and the web server; takes a second or two at the very most."""
        self._exchange.stop()
        self._listener.close(patience=0.5)

    @property
    def url(self) -> str:
        """Where it listens: the phone page, and the base of the REST interface."""
        return f"http://{self._listener.host}:{self._listener.port}"

    @property
    def app_url(self) -> str:
        """Where texts are posted to; can be set once the app is up."""
        return self._exchange.webhooks.app_url

    @app_url.setter
    def app_url(self, url: str) -> None:
        self._exchange.webhooks.app_url = url.rstrip("/")

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point an app at this carrier."""
        return {
            "TWILIO_API_BASE_URL": self.url,
            "TWILIO_ACCOUNT_SID": self.options.account_sid,
            "TWILIO_AUTH_TOKEN": ",".join(self.options.auth_tokens),
        }

    @property
    def faults(self) -> Faults:
        """The script of faults: `carrier.faults.add(Fault(kind=FaultKind.DELAY, seconds=2))`."""
        return self._exchange.faults

    def text(self, from_: str, to: str, body: str, **details: Unpack[TextDetails]) -> InboundResult:
        """Send a text from a phone to a clinic number and wait for the app's answer.

        With the `message_sid` of an earlier text it is a redelivery of that text.
        """
        return self._exchange.text(from_, to, body, details)

    def call(self, from_: str, to: str, *, may_fall_through: bool = False) -> Call:
        """Call a clinic number; the test is the caller. `from_` may be withheld.

        Documents are read strictly: BadTwiML and FellThroughError are raised where they happen.
        """
        return self._exchange.switchboard.held(from_, to, may_fall_through=may_fall_through)

    def answer(self, sid: str, by: str = "human", *, may_fall_through: bool = False) -> Call:
        """Answer a call of the app's that rings (see `Pickup.by` "ring"); the test is the patient.

        Raises LookupError if it does not ring.
        """
        return self._exchange.switchboard.answer_held(sid, by, may_fall_through=may_fall_through)

    def decline(self, sid: str, outcome: str = "busy") -> None:
        """Let a call that rings end as busy, no-answer or failed. Raises LookupError."""
        self._exchange.switchboard.decline(sid, outcome)

    def set_pickup(self, phone: str, pickup: Pickup) -> None:
        """Say how a phone meets calls from now on."""
        self._exchange.calls.set_pickup(phone, pickup)

    def add_pickup(self, pickup: Pickup, to: str | None = None) -> None:
        """Say how the next call (to a phone) is met; several are used up in their order."""
        self._exchange.calls.add_pickup(pickup, to)

    def calls(self, to: str | None = None, from_: str | None = None) -> list[CallRecord]:
        """Calls in both directions, oldest first; narrowed down by either end."""
        return [
            call
            for call in self._exchange.calls.calls()
            if to in (None, call.to) and from_ in (None, call.from_)
        ]

    def wait_for_call(
        self, to: str | None = None, status: str = "ringing", timeout: float = 60.0
    ) -> CallRecord:
        """Wait for a call of the app's that has a status (or had it). Raises TimeoutError."""
        state = self._exchange.state
        deadline = time.monotonic() + timeout
        while True:
            revision = state.news(0).revision
            for call in self.calls(to=to):
                if call.direction != "inbound" and status in call.history:
                    return call
            left = deadline - time.monotonic()
            if left <= 0 or state.closed:
                raise TimeoutError(f"No such call within {timeout} seconds.")
            state.wait_for_news(revision, left)

    def signature(self, url: str, form: dict[str, str]) -> str:
        """The X-Twilio-Signature of a form, for posts that a test makes by itself."""
        return self._exchange.webhooks.signature(url, form)

    def messages(self, to: str | None = None, from_: str | None = None) -> list[Message]:
        """Messages in both directions, oldest first; narrowed down by either end."""
        return [
            message
            for message in self._exchange.state.messages()
            if to in (None, message.to) and from_ in (None, message.from_)
        ]

    def message(self, sid: str) -> Message:
        """A message by its SID. Raises KeyError if there is none."""
        found = self._exchange.state.message(sid)
        if found is None:
            raise KeyError(sid)
        return found

    def notes(self) -> list[Note]:
        """What the phones were told when the app did not answer as it should."""
        return self._exchange.state.notes()

    def callbacks(self, message_sid: str | None = None) -> list[Callback]:
        """Status callbacks posted so far, in the order of the app's answers."""
        return [
            callback
            for callback in self._exchange.state.callbacks()
            if message_sid in (None, callback.message_sid)
        ]

    def hold_reports(self) -> None:
        """Post no status callback before `release_reports`; messages go on their way meanwhile, and
        what is held does not keep the carrier from being idle."""
        self._exchange.courier.hold()

    def release_reports(self) -> None:
        """Post the callbacks that were held, and later ones as usual."""
        self._exchange.courier.release()

    def set_reach(self, phone: str, reach: Reach) -> None:
        """Switch a phone off or on, or make it a landline."""
        self._exchange.state.set_phone(phone, reach=reach)

    def block(self, phone: str, number: str) -> None:
        """Opt a phone out of a clinic number."""
        self._exchange.state.block(phone, number)

    def unblock(self, phone: str, number: str) -> None:
        """Opt a phone in again."""
        self._exchange.state.unblock(phone, number)

    def wait_until_idle(self, timeout: float = 60.0) -> None:
        """Wait until every message has its last status and every callback is posted.

        Raises TimeoutError. Messages with a SendAt more than ten minutes ahead do not count.
        """
        if not self._exchange.background.wait_until_idle(timeout):
            raise TimeoutError(f"The carrier was still busy after {timeout} seconds.")

    def wait_for_message(
        self, to: str | None = None, containing: str = "", timeout: float = 60.0
    ) -> Message:
        """Wait for a message of the app's; one that is there already counts.

        Raises TimeoutError.
        """
        state = self._exchange.state
        deadline = time.monotonic() + timeout
        while True:
            revision = state.news(0).revision
            for message in self.messages(to=to):
                if message.direction != "inbound" and containing in message.body:
                    return message
            left = deadline - time.monotonic()
            if left <= 0 or state.closed:
                raise TimeoutError(f"No such message within {timeout} seconds.")
            state.wait_for_news(revision, left)

    def refuse_for(self, seconds: float) -> None:
        """Refuse connections for some seconds, beginning a moment from now."""
        background = self._exchange.background
        background.after(0.05, lambda: self._listener.close(patience=0.2))
        background.after(0.05 + seconds, self._listener.open)

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Refuse connections inside a with block, as if nothing listened there."""
        self._listener.close()
        try:
            yield
        finally:
            self._listener.open()

    def reset(self) -> None:
        """Forget all messages and faults; keep listening."""
        self._exchange.reset()
