"""The least that answers reminder calls: it says a line and tells the worker's rooms what happens.

For tests of the worker, which need calls to be answered and reported but nothing of what is said.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import Flask, Response, request

from db.clinics import Clinics
from db.session import Database
from scheduler.call_reports import (
    record_call_answered,
    record_call_heard,
    record_call_status,
)

MENU = (
    '<Response><Gather numDigits="1" action="/voice/key?{args}"><Say>Press 1.</Say></Gather>'
    "<Say>Goodbye.</Say><Hangup/></Response>"
)
BYE = "<Response><Say>Goodbye.</Say><Hangup/></Response>"
CALL_US = "<Response><Say>Please call us.</Say><Hangup/></Response>"


def call_desk(database: Database, clock: Callable[[], dt.datetime]) -> Flask:
    """An app with `/reminder`, `/key` and `/status`, to be mounted at `/voice`."""
    app, clinics = Flask("call-desk"), Clinics()

    @app.post("/reminder")
    def reminder() -> Response:
        number, attempt, sid = _ours()
        by = request.form.get("AnsweredBy", "")
        with database.transaction() as session:
            row = record_call_answered(session, clinics, number, attempt, sid, by, clock())
            if row is not None and by.startswith("machine"):
                record_call_heard(session, clinics, number, attempt, sid, "message", clock())
        is_person = by in ("human", "unknown")
        said = CALL_US if row is None else MENU if is_person else BYE
        args = request.query_string.decode().replace("&", "&amp;")
        return Response(said.format(args=args), content_type="text/xml")

    @app.post("/key")
    def key() -> Response:
        with database.transaction() as session:
            record_call_heard(session, clinics, *_ours(), "key", clock())
        return Response(BYE, content_type="text/xml")

    @app.post("/status")
    def status() -> Response:
        with database.transaction() as session:
            record_call_status(session, clinics, request.args, request.form, clock())
        return Response(status=204)

    return app


def _ours() -> tuple[int, int, str]:
    """The reminder, the attempt, and the call's SID."""
    return int(request.args["r"]), int(request.args["a"]), request.form["CallSid"]
