"""What Twilio posts about calls: one that comes in, each turn, its end, its recordings.

All are reached only through the signature guard that `app.create_app` puts before everything under
`/voice`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import structlog
from flask import Blueprint, Response, request

from conversation.calls import Calls
from conversation.reminder_calls import ReminderCalls
from conversation.turn import NotInServiceError
from db.calls import clinic_called
from scheduler.call_reports import record_call_status
from voice.forms import (
    BadWebhookError,
    attempt_in,
    call_in,
    happening_in,
    number_in,
    recording_in,
    sid_of,
)
from voice.render import NOT_IN_SERVICE, document, line_down

_ENDED = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
_log = structlog.get_logger()
Clock = Callable[[], dt.datetime]


def blueprint(calls: Calls, clock: Clock) -> Blueprint:
    """The routes under `/voice`."""
    room = Blueprint("voice", __name__, url_prefix="/voice")
    reminders = ReminderCalls(calls)

    @room.errorhandler(BadWebhookError)
    def bad(error: BadWebhookError) -> Response:
        return Response(f"{error}. Nothing was stored.\n", status=400, mimetype="text/plain")

    @room.errorhandler(NotInServiceError)
    def not_in_service(_error: NotInServiceError) -> Response:
        return _twiml(NOT_IN_SERVICE)

    @room.post("/inbound")
    def inbound() -> Response:
        return _twiml(calls.begin(call_in(request.form), document, clock))

    @room.post("/turn")
    def turn() -> Response:
        form = request.form
        number = number_in(request.args.get("n", "")) or 0
        call, happening = call_in(form), happening_in(form)
        recording = recording_in(form)
        return _twiml(calls.turn(call, number, happening, recording, document, clock))

    @room.post("/reminder")
    def reminder() -> Response:
        attempt = attempt_in(request.args, request.form)
        if attempt is None:
            raise BadWebhookError("the address names no reminder")
        return _twiml(reminders.answer(call_in(request.form), attempt, document, clock))

    @room.post("/fallback")
    def fallback() -> Response:
        _log.error("call_fell_back", code=number_in(request.form.get("ErrorCode", "")))
        return _twiml(_line_down(calls, call_in(request.form).line))

    @room.post("/recording")
    def recording() -> Response:
        told = recording_in(request.form)
        if told is not None:
            calls.recorded(sid_of(request.form), told, clock)
        return Response(status=204)

    @room.post("/status")
    def status() -> Response:
        _take_report(calls, clock)
        return Response(status=204)

    return room


def _take_report(calls: Calls, clock: Clock) -> None:
    """How a call goes: of one of ours what that makes of its reminder; of any its end."""
    form = {name: value.replace("\0", "") for name, value in request.form.items()}
    args = {name: value.replace("\0", "") for name, value in request.args.items()}
    if "r" in args:
        with calls.database.transaction() as session:
            record_call_status(session, calls.clinics, args, form, clock())
    if form.get("CallStatus") in _ENDED:
        calls.ended(sid_of(request.form), form["CallStatus"], clock)


def _line_down(calls: Calls, line: str) -> str:
    """What the carrier gets that asks because another address of ours failed. Nothing is stored: a
    reminder that was not told stays one that nobody has heard."""
    with calls.database.reading() as session:
        found = clinic_called(session.connection(), line)
        if found is None:
            raise NotInServiceError
        profile = calls.clinics.read(session.connection(), *found)
    return line_down(calls.library, profile)


def _twiml(spoken: str) -> Response:
    return Response(spoken, mimetype="text/xml")
