"""Twilio's REST interface for messages: create, list, fetch, update, delete."""

import hmac

from flask import Blueprint, Response, g, request

from emulator.errors import CarrierError
from emulator.exchange import Exchange
from emulator.faults import Operation
from emulator.model import Direction, Message, Status
from emulator.paging import API_VERSION
from emulator.resource import MESSAGES, as_resource
from emulator.rest_answers import FaultyAnswers, json_answer, refusal
from emulator.validation import read_send
from emulator.voice_rest import add_call_routes


def create_rest(exchange: Exchange) -> Blueprint:
    """The routes below /2010-04-01/Accounts/{Sid}; all but pictures ask for the account's login,
    recordings as the options say."""
    rest = Blueprint("rest", __name__, url_prefix=f"/{API_VERSION}/Accounts/<account>")
    handler = _Messages(exchange)
    rest.register_error_handler(CarrierError, refusal)
    rest.url_value_preprocessor(_take_account)
    rest.before_request(handler.check_login)
    rest.add_url_rule("/Messages.json", view_func=handler.create, methods=["POST"])
    rest.add_url_rule("/Messages.json", view_func=handler.list)
    rest.add_url_rule("/Messages/<sid>.json", view_func=handler.fetch)
    rest.add_url_rule("/Messages/<sid>.json", view_func=handler.update, methods=["POST"])
    rest.add_url_rule("/Messages/<sid>.json", view_func=handler.delete, methods=["DELETE"])
    rest.add_url_rule("/Messages/<sid>/Media/<media>", view_func=handler.picture)
    add_call_routes(rest, exchange)
    return rest


def _take_account(_endpoint: str | None, values: dict[str, str] | None) -> None:
    """Keep the account of the path for the login check; the routes have no use for it."""
    g.account = values.pop("account") if values else ""


class _Messages:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._options = exchange.options
        self._state = exchange.state
        self._account = exchange.options.account_sid
        self._faulty = FaultyAnswers(exchange.faults, exchange.background)

    def check_login(self) -> None:
        """Refuse requests without the account's SID and one of its tokens."""
        # Media need no login in a Twilio account that was not told otherwise; pages show pictures.
        is_open = {"rest.picture": True, "rest.recording": not self._options.recordings_need_login}
        if is_open.get(request.endpoint or "", False):
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
            return json_answer(as_resource(message, self._account), 201)

        return self._faulty.answer(Operation.CREATE, request.form.get("To"), act)

    def list(self) -> Response:
        """List messages, newest first."""

        def act() -> Response:
            query = MESSAGES.read_query(request.args)
            return json_answer(MESSAGES.as_page(self._state.messages(), query, self._account))

        return self._faulty.answer(Operation.LIST, request.args.get("To"), act)

    def fetch(self, sid: str) -> Response:
        """Show one message."""
        message = self._known(sid)
        return self._faulty.answer(
            Operation.FETCH, message.to, lambda: json_answer(as_resource(message, self._account))
        )

    def update(self, sid: str) -> Response:
        """Cancel a scheduled message, or take the words out of a finished one."""
        message = self._known(sid)

        def act() -> Response:
            return json_answer(as_resource(self._updated(message), self._account))

        return self._faulty.answer(Operation.UPDATE, message.to, act)

    def delete(self, sid: str) -> Response:
        """Delete a finished message."""
        message = self._known(sid)

        def act() -> Response:
            _needs_final(message)
            self._state.remove(sid)
            return Response(status=204)

        return self._faulty.answer(Operation.DELETE, message.to, act)

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


def _needs_final(message: Message) -> None:
    # A text whose receipt never comes stays `sent`, and Twilio counts that as finished here.
    if not message.is_final and message.status is not Status.SENT:
        raise CarrierError(20009)


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
