"""The control interface, for tests and scripts in other processes: JSON below /emulator.

Requests that change something must carry a JSON body, which no foreign web page can send here.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, request

from emulator.exchange import Exchange
from emulator.faults import Fault, FaultKind, Operation
from emulator.inbound import TextDetails
from emulator.jsonbody import BadRequestError, explain, field, json_body, number_field
from emulator.model import Message
from emulator.voice_control import add_call_control, add_pickup_control

Refuse = Callable[[float], None]


def create_control(exchange: Exchange, refuse: Refuse) -> Blueprint:
    """The routes; `refuse` closes the listening socket for some seconds."""
    control = Blueprint("control", __name__, url_prefix="/emulator")
    handler = _Control(exchange, refuse)
    control.register_error_handler(BadRequestError, explain)
    control.add_url_rule("/health", view_func=handler.health)
    control.add_url_rule("/messages", view_func=handler.messages)
    control.add_url_rule("/callbacks", view_func=handler.callbacks)
    control.add_url_rule("/idle", view_func=handler.idle)
    control.add_url_rule("/texts", view_func=handler.text, methods=["POST"])
    control.add_url_rule("/faults", view_func=handler.faults)
    control.add_url_rule("/faults", view_func=handler.add_fault, methods=["POST"])
    control.add_url_rule("/faults", view_func=handler.clear_faults, methods=["DELETE"])
    control.add_url_rule("/blocks", view_func=handler.block, methods=["POST"])
    control.add_url_rule("/refusal", view_func=handler.refuse, methods=["POST"])
    control.add_url_rule("/reset", view_func=handler.reset, methods=["POST"])
    add_call_control(control, exchange, at="/calls")
    add_pickup_control(control, exchange)
    return control


def as_dict(message: Message) -> dict[str, Any]:
    """A message as JSON, with times in ISO 8601."""
    values = asdict(message)
    for name in ("created_at", "updated_at", "sent_at"):
        values[name] = values[name].isoformat() if values[name] else None
    values["phone"], values["number"] = message.phone, message.number
    values["final"] = message.is_final
    return values


class _Control:
    def __init__(self, exchange: Exchange, refuse: Refuse) -> None:
        self._exchange = exchange
        self._refuse = refuse

    def health(self) -> Response:
        """Say that the carrier is up."""
        return jsonify({"status": "up"})

    def messages(self) -> Response:
        """All messages, oldest first; `to` and `from` narrow them down."""
        ends = request.args.get("to"), request.args.get("from")
        found = [
            message
            for message in self._exchange.state.messages()
            if ends[0] in (None, message.to) and ends[1] in (None, message.from_)
        ]
        return jsonify([as_dict(message) for message in found])

    def callbacks(self) -> Response:
        """All status callbacks posted so far."""
        return jsonify([asdict(callback) for callback in self._exchange.state.callbacks()])

    def idle(self) -> Response:
        """Wait until nothing is under way, for at most `timeout` seconds."""
        timeout = request.args.get("timeout", 60.0, type=float)
        return jsonify({"idle": self._exchange.background.wait_until_idle(timeout)})

    def text(self) -> Response:
        """Send a text from a phone and answer with what came of it."""
        body = json_body()
        details = TextDetails(
            media=field({"media": 0, **body}, "media", int),
            opt_out_type=body.get("opt_out_type"),
            message_sid=body.get("message_sid"),
            extra=body.get("extra"),
        )
        from_, to = number_field(body, "from"), number_field(body, "to")
        result = self._exchange.text(from_, to, field(body, "body", str), details)
        return jsonify({**asdict(result), "body": result.body.decode(errors="replace")})

    def faults(self) -> Response:
        """The faults that are still to strike."""
        return jsonify([asdict(fault) for fault in self._exchange.faults.waiting()])

    def add_fault(self) -> Response:
        """Put a fault at the end of the script: the fields of `Fault`."""
        body = json_body()
        try:
            kind = FaultKind(body.pop("kind", ""))
            operation = Operation(body.pop("on", Operation.CREATE))
            self._exchange.faults.add(Fault(kind=kind, on=operation, **body))
        except (TypeError, ValueError) as error:
            raise BadRequestError(str(error)) from None
        return self.faults()

    def clear_faults(self) -> Response:
        """Drop the script."""
        self._exchange.faults.clear()
        return self.faults()

    def block(self) -> Response:
        """Opt a phone out of a clinic number, or in again with `blocked: false`."""
        body = json_body()
        ends = number_field(body, "phone"), number_field(body, "number")
        if body.get("blocked", True):
            self._exchange.state.block(*ends)
        else:
            self._exchange.state.unblock(*ends)
        return jsonify({"blocked": self._exchange.state.is_blocked(*ends)})

    def refuse(self) -> Response:
        """Refuse connections for some seconds, from right after this answer."""
        seconds = json_body().get("seconds", 1)
        if not isinstance(seconds, int | float):
            raise BadRequestError("seconds must be a number.")
        self._refuse(seconds)
        return jsonify({"seconds": seconds})

    def reset(self) -> Response:
        """Forget everything but the options."""
        json_body()
        self._exchange.reset()
        return self.health()
