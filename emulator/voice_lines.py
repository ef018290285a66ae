"""Makes live calls: their wire to the app over HTTP, their reports, their place in the book."""

from collections.abc import Mapping
from datetime import UTC, datetime

from emulator.courier import Courier
from emulator.faults import Faults, Operation, Stage
from emulator.model import Direction
from emulator.options import Options
from emulator.voice_book import CallBook
from emulator.voice_interpreter import Interpreter
from emulator.voice_live import Live, connect
from emulator.voice_model import CallRecord, CallStatus
from emulator.voice_phone import new_call_sid
from emulator.voice_reports import Reports
from emulator.voice_request import LONGEST_CALL, CallRequest
from emulator.voice_verbs import Method
from emulator.voice_wire import Ends, Wire
from emulator.webhook import Answer, NoAnswerError, Webhooks

STATUS_PATH = "/voice/status"
_XML = ("text/xml", "application/xml", "text/html")


class Lines:
    """Makes calls in both directions; nothing happens in them yet."""

    def __init__(
        self,
        options: Options,
        book: CallBook,
        faults: Faults,
        courier: Courier,
        webhooks: Webhooks,
    ) -> None:
        self.base_url = ""
        """Where recordings are fetched."""
        self._options = options
        self._book = book
        self._faults = faults
        self._courier = courier
        self._webhooks = webhooks

    def outgoing(self, request: CallRequest) -> Live:
        """A call of the app's."""
        wire = self._wire(request.from_, request.to, Direction.API, request.fallback)
        url, method = request.status_callback or "", request.status_callback_method
        return Live(
            self._interpreter(wire, request.time_limit),
            Reports(wire, url, method, request.status_events),
            request,
            self._book.take_pickup(request.to),
        )

    def incoming(self, from_: str, to: str, *, strict: bool) -> Live:
        """A call of a patient's."""
        fallback = self._options.voice_fallback_url
        wire = self._wire(from_, to, Direction.INBOUND, (fallback, "POST") if fallback else None)
        wire.strict = strict
        status_url = self._webhooks.url(STATUS_PATH)
        reports = Reports(wire, status_url, "POST", frozenset({"completed"}))
        return Live(self._interpreter(wire, LONGEST_CALL), reports)

    def open(self, live: Live, status: CallStatus) -> CallRecord:
        """Put a call into the book, which hears of everything in it from now on."""
        ends = live.interpreter.wire.ends
        direction = Direction(ends.direction)
        now = datetime.now(UTC)
        record = self._book.add(
            CallRecord(
                sid=ends.call_sid,
                direction=direction,
                from_=ends.from_,
                to=ends.to,
                status=status,
                created_at=now,
                updated_at=now,
                started_at=now if direction is Direction.INBOUND else None,
            )
        )
        fault = self._faults.take(Stage.CALLBACK, ends.to, Operation.CREATE_CALL)
        connect(live, self._book, self._courier, fault)
        return record

    def _wire(
        self, from_: str, to: str, direction: Direction, fallback: tuple[str, Method] | None
    ) -> Wire:
        ends = Ends(
            call_sid=new_call_sid(),
            account_sid=self._options.account_sid,
            from_=from_,
            to=to,
            direction=direction.value,
        )
        return Wire(ends, self._post, self._get, fallback=fallback, strict=False)

    def _interpreter(self, wire: Wire, time_limit: float) -> Interpreter:
        return Interpreter(wire, recordings_url=self.base_url, time_limit=time_limit)

    def _post(self, url: str, form: Mapping[str, str]) -> tuple[int, str]:
        return _document(self._webhooks.post(url, form))

    def _get(self, url: str) -> tuple[int, str]:
        return _document(self._webhooks.get(url))


def _document(answer: Answer) -> tuple[int, str]:
    if 200 <= answer.status < 300 and answer.status != 204 and answer.content_type not in _XML:
        raise NoAnswerError(12300, "sent something that is not TwiML")
    return answer.status, answer.body.decode(errors="replace")
