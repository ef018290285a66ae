"""Twilio's REST interface for messages: create, list, fetch, update, delete."""

import hmac
import socket
import struct
from collections.abc import Callable, Iterator

from flask import Blueprint, Response, g, jsonify, request

from emulator.errors import CarrierError
from emulator.exchange import Exchange
from emulator.faults import Fault, FaultKind, Operation, Stage
from emulator.model import Direction, Message, Status
from emulator.resource import API_VERSION, as_page, as_resource, read_query
from emulator.validation import read_send

Act = Callable[[], Response]


def create_rest(exchange: Exchange) -> Blueprint:
    """The routes below /2010-04-01/Accounts/{Sid}; all but pictures ask for the account's login."""
    rest = Blueprint("rest", __name__, url_prefix=f"/{API_VERSION}/Accounts/<account>")
    handler = _Messages(exchange)
    rest.register_error_handler(CarrierError, _refusal)
    rest.url_value_preprocessor(_take_account)
    rest.before_request(handler.check_login)
    rest.add_url_rule("/Messages.json", view_func=handler.create, methods=["POST"])
    rest.add_url_rule("/Messages.json", view_func=handler.list)
    rest.add_url_rule("/Messages/<sid>.json", view_func=handler.fetch)
    rest.add_url_rule("/Messages/<sid>.json", view_func=handler.update, methods=["POST"])
    rest.add_url_rule("/Messages/<sid>.json", view_func=handler.delete, methods=["DELETE"])
    rest.add_url_rule("/Messages/<sid>/Media/<media>", view_func=handler.picture)
    return rest


def _take_account(_endpoint: str | None, values: dict[str, str] | None) -> None:
    """Keep the account of the path for the login check; the routes have no use for it."""
    g.account = values.pop("account") if values else ""


def _refusal(error: CarrierError) -> Response:
    answer = jsonify(error.as_json())
    answer.status_code = error.http_status
    if error.code == 20003:
        answer.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return answer


class _Messages:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._options = exchange.options
        self._state = exchange.state
        self._account = exchange.options.account_sid

    def check_login(self) -> None:
        """Refuse requests without the account's SID and one of its tokens."""
        # Pictures need no login, as in a Twilio account that was not told otherwise.
        if request.endpoint == "rest.picture":
            return
        given = request.authorization
        login = (given.username or "", given.password or "") if given else ("", "")
        known = any(_same(login[1], token) for token in self._options.auth_tokens)
        if not known or not _same(login[0], self._options.account_sid):
            raise CarrierError(20003)
        if g.account != self._options.account_sid:
            raise CarrierError(20404)

    def create(self) -> Response:
        """Accept a message."""

        def act() -> Response:
            send = read_send(request.form, self._exchange.account)
            message = self._exchange.delivery.accept(send, Direction.API)
            return _json(as_resource(message, self._account), 201)

        return self._with_faults(Operation.CREATE, request.form.get("To"), act)

    def list(self) -> Response:
        """List messages, newest first."""

        def act() -> Response:
            query = read_query(request.args)
            return _json(as_page(self._state.messages(), query, self._account))

        return self._with_faults(Operation.LIST, request.args.get("To"), act)

    def fetch(self, sid: str) -> Response:
        """Show one message."""
        message = self._known(sid)
        return self._with_faults(
            Operation.FETCH, message.to, lambda: _json(as_resource(message, self._account))
        )

    def update(self, sid: str) -> Response:
        """Cancel a scheduled message, or take the words out of a finished one."""
        message = self._known(sid)

        def act() -> Response:
            return _json(as_resource(self._updated(message), self._account))

        return self._with_faults(Operation.UPDATE, message.to, act)

    def delete(self, sid: str) -> Response:
        """Delete a finished message."""
        message = self._known(sid)

        def act() -> Response:
            _needs_final(message)
            self._state.remove(sid)
            return Response(status=204)

        return self._with_faults(Operation.DELETE, message.to, act)

    def picture(self, sid: str, media: str) -> Response:
        """The bytes of a picture that a phone sent."""
        self._known(sid)
        picture = self._state.picture(media)
        if picture is None:
            raise CarrierError(20404)
        return Response(picture[1], content_type=picture[0])

    def _known(self, sid: str) -> Message:
        message = self._state.message(sid)
        if message is None:
            raise CarrierError(20404)
        return message

    def _updated(self, message: Message) -> Message:
        status, body = request.form.get("Status"), request.form.get("Body")
        changed: Message | None = message
        if status is not None:
            if status != Status.CANCELED:
                raise CarrierError(20001)
            changed = self._exchange.delivery.cancel(message.sid)
            if changed is None:
                raise CarrierError(30409)
        if body is not None:
            if body:
                raise CarrierError(20001)
            _needs_final(message)
            changed = self._state.change(message.sid, body="")
        return changed or message

    def _with_faults(self, operation: Operation, to: str | None, act: Act) -> Response:
        """Answer a request, unless the script has a fault for it."""
        faults = self._exchange.faults
        if fault := faults.take(Stage.REQUEST, to, operation):
            if fault.kind is not FaultKind.DELAY:
                return _spoiled(fault)
            self._exchange.background.stopping.wait(fault.seconds)
        response = act()
        if fault := faults.take(Stage.RESPONSE, to, operation):
            return self._after(fault, response)
        return response

    def _after(self, fault: Fault, response: Response) -> Response:
        if fault.kind is FaultKind.RESET_AFTER_ACCEPT:
            return _reset()
        if fault.kind is FaultKind.BROKEN_JSON:
            response.set_data(response.get_data()[:-20])
        else:
            self._exchange.background.stopping.wait(fault.seconds)
        return response


def _spoiled(fault: Fault) -> Response:
    """The answer to a request that was not taken up."""
    if fault.kind is FaultKind.DROP_CONNECTION:
        return _reset()
    if fault.code is not None:
        return _refusal(CarrierError(fault.code, http_status=fault.http_status))
    status = fault.http_status or 500
    answer = _refusal(CarrierError(20000 + status, http_status=status))
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


def _needs_final(message: Message) -> None:
    # A text whose receipt never comes stays `sent`, and Twilio counts that as finished here.
    if not message.is_final and message.status is not Status.SENT:
        raise CarrierError(20009)


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def _json(value: object, status: int = 200) -> Response:
    answer = jsonify(value)
    answer.status_code = status
    return answer
