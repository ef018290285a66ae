"""Answers of the REST interface, and the faults that a script puts into them."""

import socket
import struct
from collections.abc import Callable, Iterator

from flask import Response, jsonify, request

from emulator.background import Background
from emulator.errors import CarrierError
from emulator.faults import Fault, FaultKind, Faults, Operation, Stage

Act = Callable[[], Response]


def json_answer(value: object, status: int = 200) -> Response:
    """A value as JSON."""
    answer = jsonify(value)
    answer.status_code = status
    return answer


def refusal(error: CarrierError) -> Response:
    """The answer to a request that is refused."""
    answer = json_answer(error.as_json(), error.http_status)
    if error.code == 20003:
        answer.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return answer


class FaultyAnswers:
    """Answers requests, each unless the script has a fault for it."""

    def __init__(self, faults: Faults, background: Background) -> None:
        self._faults = faults
        self._background = background

    def answer(self, operation: Operation, to: str | None, act: Act) -> Response:
        """Answer one request."""
        if fault := self._faults.take(Stage.REQUEST, to, operation):
            if fault.kind is not FaultKind.DELAY:
                return _spoiled(fault)
            self._background.stopping.wait(fault.seconds)
        response = act()
        if fault := self._faults.take(Stage.RESPONSE, to, operation):
            return self._after(fault, response)
        return response

    def _after(self, fault: Fault, response: Response) -> Response:
        if fault.kind is FaultKind.RESET_AFTER_ACCEPT:
            return _reset()
        if fault.kind is FaultKind.BROKEN_JSON:
            response.set_data(response.get_data()[:-20])
        else:
            self._background.stopping.wait(fault.seconds)
        return response


def _spoiled(fault: Fault) -> Response:
    """The answer to a request that was not taken up."""
    if fault.kind is FaultKind.DROP_CONNECTION:
        return _reset()
    if fault.code is not None:
        return refusal(CarrierError(fault.code, http_status=fault.http_status))
    status = fault.http_status or 500
    answer = refusal(CarrierError(20000 + status, http_status=status))
    if fault.retry_after is not None:
        answer.headers["Retry-After"] = str(fault.retry_after)
    return answer


def _reset() -> Response:
    """Tear the connection down without a byte of answer."""
    connection = request.environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return Response(_broken_off())


def _broken_off() -> Iterator[bytes]:
    raise ConnectionResetError
    yield b""
