"""Calls over the control interface and for the phone page: JSON in, the call as it stands out."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, request

from emulator.exchange import Exchange
from emulator.jsonbody import BadRequestError, field, json_body, number_field
from emulator.model import E164
from emulator.voice_forms import ANSWERED
from emulator.voice_interpreter import Interpreter
from emulator.voice_model import OUTCOMES, CallRecord, Pickup
from emulator.voice_ssml import language_of
from emulator.voice_switchboard import NoSuchCallError
from emulator.voice_wire import WITHHELD

_LONGEST_RECORDING = 3600


def add_call_control(control: Blueprint, exchange: Exchange, *, at: str) -> None:
    """Add the routes below a path: place a call from a phone, act in one, look at one."""
    handler = _CallControl(exchange)
    control.add_url_rule(at, "calls", handler.calls)
    control.add_url_rule(at, "call", handler.call, methods=["POST"])
    control.add_url_rule(f"{at}/<sid>", "show_call", handler.show)
    control.add_url_rule(f"{at}/<sid>", "act", handler.act, methods=["POST"])


def add_pickup_control(control: Blueprint, exchange: Exchange) -> None:
    """Add the route that says how phones meet calls."""
    control.add_url_rule("/pickups", "pickup", _CallControl(exchange).pickup, methods=["POST"])


def call_as_dict(call: CallRecord) -> dict[str, Any]:
    """A call as JSON, with times in ISO 8601."""
    waiting = call.waiting
    return {
        "sid": call.sid,
        "direction": call.direction,
        "from": call.from_,
        "to": call.to,
        "phone": call.phone,
        "number": call.number,
        "status": call.status,
        "final": call.is_final,
        "created_at": call.created_at.isoformat(),
        "duration": call.duration,
        "answered_by": call.answered_by,
        "ending": call.ending,
        "problem": call.problem,
        "acts": call.acts,
        "fresh": call.fresh,
        "scripted": call.is_scripted,
        "serial": call.serial,
        "history": list(call.history),
        "heard": [
            {
                "second": round(part.second, 2),
                "seconds": round(part.seconds, 2),
                "text": part.text,
                "language": part.language or language_of(part.voice),
                "voice": part.voice,
            }
            for part in call.heard
        ],
        "done": [{"second": round(act.second, 2), "text": act.text} for act in call.done],
        "waiting": waiting
        and {
            "kind": waiting.kind,
            "timeout": waiting.timeout,
            "keys": waiting.keys,
            "speech": waiting.speech,
            "language": waiting.language,
            "longest": waiting.longest,
            "stoppable_from": waiting.stoppable_from,
        },
    }


class _CallControl:
    def __init__(self, exchange: Exchange) -> None:
        self._book = exchange.calls
        self._switchboard = exchange.switchboard

    def calls(self) -> Response:
        """All calls, oldest first; `to` and `from` narrow them down."""
        ends = request.args.get("to"), request.args.get("from")
        return jsonify(
            [
                call_as_dict(call)
                for call in self._book.calls()
                if ends[0] in (None, call.to) and ends[1] in (None, call.from_)
            ]
        )

    def call(self) -> Response:
        """Call a clinic number; with a `script` of steps the call is driven by that."""
        body = json_body()
        from_ = field(body, "from", str)
        if from_ not in WITHHELD and not E164.fullmatch(from_):
            raise BadRequestError("from must be a number like +18285550142, or a withheld one.")
        script = _script(body)
        to = number_field(body, "to")
        return self._answered(lambda: self._switchboard.call_in(from_, to, script).sid)

    def show(self, sid: str) -> Response:
        """One call as it stands."""
        return self._answered(lambda: sid)

    def act(self, sid: str) -> Response:
        """Do one thing in a call.

        `{"answer": "human"}` (or machine …; a `script` may go with it) and `{"decline": "busy"}`
        while it rings; then `{"press": "1"}`, `{"say": "words", "confidence": 0.9}`,
        `{"wait": true}`, `{"record": seconds, "key": "#"}`, `{"dial": "busy"}` or
        `{"hang_up": true}`. `during` is the place in `heard` of the prompt that is being spoken,
        if one is.
        """
        body = json_body()

        def act() -> str:
            if "answer" in body:
                self._switchboard.answer(sid, field(body, "answer", str), _script(body))
            elif "decline" in body:
                self._switchboard.decline(sid, field(body, "decline", str))
            else:
                self._switchboard.act(sid, _deed(body))
            return sid

        return self._answered(act)

    def pickup(self) -> Response:
        """Say how a phone meets calls: the fields of `Pickup`.

        For a `number` from now on, or with `next: true` for the next call only.
        """
        body = json_body()
        once, number = body.pop("next", False), body.pop("number", None)
        if number is None and not once:
            raise BadRequestError("Name a number, or say next.")
        try:
            pickup = Pickup(**{**body, "script": _script(body) or ()})
        except (TypeError, ValueError) as error:
            raise BadRequestError(str(error)) from None
        if once:
            self._book.add_pickup(pickup, number)
        else:
            self._book.set_pickup(number_field({"number": number}, "number"), pickup)
        return jsonify({"by": pickup.by, "script": list(pickup.script)})

    def _answered(self, act: Callable[[], str]) -> Response:
        try:
            call = self._book.call(act())
        except (NoSuchCallError, ValueError) as error:
            raise BadRequestError(str(error)) from None
        if call is None:
            raise BadRequestError("There is no such call.")
        return jsonify(call_as_dict(call))


def _script(body: dict[str, Any]) -> tuple[str, ...] | None:
    script = body.get("script")
    if script is None:
        return None
    if not isinstance(script, list) or not all(isinstance(step, str) for step in script):
        raise BadRequestError("script must be a list of steps.")
    return tuple(script)


def _deed(body: dict[str, Any]) -> Callable[[Interpreter], None]:
    """What one act in a call is. Raises BadRequestError."""
    during = body.get("during")
    if "press" in body:
        keys = field(body, "press", str)
        # A person at a keypad presses one key at a time, and the page tells when it falls silent.
        return lambda caller: _interrupting(
            caller, during, lambda: caller.press(keys, then_silence=False)
        )
    if "say" in body:
        words, confidence = field(body, "say", str), body.get("confidence", 0.9)
        if confidence is not None and not isinstance(confidence, int | float):
            raise BadRequestError("confidence must be a number or null.")
        return lambda caller: _interrupting(caller, during, lambda: caller.say(words, confidence))
    if "record" in body:
        seconds = body["record"]
        if not isinstance(seconds, int | float) or not 0 <= seconds <= _LONGEST_RECORDING:
            raise BadRequestError("record must be a number of seconds.")
        return lambda caller: caller.recorded(seconds, str(body.get("key", "")))
    if "dial" in body:
        outcome = field(body, "dial", str)
        if outcome not in ANSWERED | OUTCOMES | {"canceled"}:
            raise BadRequestError("dial must be completed, busy, no-answer, failed or canceled.")
        return lambda caller: caller.dial_ended(outcome, 30)
    if body.get("wait"):
        return lambda caller: caller.be_silent()
    if body.get("hang_up"):
        return lambda caller: caller.hang_up()
    raise BadRequestError("Say what to do: press, say, record, dial, wait or hang_up.")


def _interrupting(caller: Interpreter, during: object, act: Callable[[], None]) -> None:
    """Act in the middle of a prompt; in one that cannot be interrupted nothing is heard of it."""
    if isinstance(during, int) and 0 <= during < len(caller.heard):
        prompt = caller.heard[during]
        middle = prompt.second + prompt.seconds / 2
        if not caller.interrupt(middle - caller.prompt_began):
            return
    act()
