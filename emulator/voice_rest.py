"""Twilio's REST interface for calls: create, list, fetch, update; and recordings."""

from flask import Blueprint, Response, request

from emulator.errors import CarrierError
from emulator.exchange import Exchange
from emulator.faults import Operation
from emulator.paging import (
    API_VERSION,
    Listing,
    happened,
    not_after,
    not_before,
    rfc2822,
    same_day,
)
from emulator.rest_answers import FaultyAnswers, json_answer
from emulator.validation import is_usable
from emulator.voice_model import CallRecord
from emulator.voice_request import read_call, read_document, read_method

_UPDATES = frozenset(
    """Status Url Twiml Method FallbackUrl FallbackMethod StatusCallback StatusCallbackMethod
    TimeLimit""".split()
)


def add_call_routes(rest: Blueprint, exchange: Exchange) -> None:
    """Add the routes below /2010-04-01/Accounts/{Sid}."""
    handler = _Calls(exchange)
    rest.add_url_rule("/Calls.json", "create_call", handler.create, methods=["POST"])
    rest.add_url_rule("/Calls.json", "list_calls", handler.list)
    rest.add_url_rule("/Calls/<sid>.json", "fetch_call", handler.fetch)
    rest.add_url_rule("/Calls/<sid>.json", "update_call", handler.update, methods=["POST"])
    rest.add_url_rule("/Recordings/<sid>", "recording", handler.recording)
    rest.add_url_rule(
        "/Recordings/<sid>.json", "delete_recording", handler.delete_recording, methods=["DELETE"]
    )


def as_resource(call: CallRecord, account_sid: str) -> dict[str, object]:
    """All fields of Twilio's Call resource."""
    uri = f"/{API_VERSION}/Accounts/{account_sid}/Calls/{call.sid}"
    parts = ("notifications", "recordings", "events", "streams", "payments", "siprec")
    return {
        "account_sid": account_sid,
        "annotation": None,
        "answered_by": call.answered_by,
        "api_version": API_VERSION,
        "caller_name": None,
        "date_created": rfc2822(call.created_at),
        "date_updated": rfc2822(call.updated_at),
        "direction": call.direction.value,
        "duration": None if call.duration is None else str(call.duration),
        "end_time": rfc2822(call.ended_at) if call.ended_at else None,
        "forwarded_from": None,
        "from": call.from_,
        "from_formatted": call.from_,
        "group_sid": None,
        "parent_call_sid": None,
        "phone_number_sid": None,
        "price": None,
        "price_unit": "USD",
        "queue_time": "0",
        "sid": call.sid,
        "start_time": rfc2822(call.started_at) if call.started_at else None,
        "status": call.status.value,
        "subresource_uris": {part: f"{uri}/{part.title()}.json" for part in parts},
        "to": call.to,
        "to_formatted": call.to,
        "trunk_sid": None,
        "uri": f"{uri}.json",
    }


CALLS: Listing[CallRecord] = Listing(
    "Calls",
    "calls",
    as_resource,
    {
        "To": lambda call, value: call.to == value,
        "From": lambda call, value: call.from_ == value,
        "Status": lambda call, value: call.status == value,
        "StartTime": lambda call, value: happened(call.started_at, value, same_day),
        "StartTime<": lambda call, value: happened(call.started_at, value, not_after),
        "StartTime>": lambda call, value: happened(call.started_at, value, not_before),
        "EndTime": lambda call, value: happened(call.ended_at, value, same_day),
        "EndTime<": lambda call, value: happened(call.ended_at, value, not_after),
        "EndTime>": lambda call, value: happened(call.ended_at, value, not_before),
    },
)


class _Calls:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._book = exchange.calls
        self._account = exchange.options.account_sid
        self._faulty = FaultyAnswers(exchange.faults, exchange.background)

    def create(self) -> Response:
        """Take a call on."""

        def act() -> Response:
            wanted = read_call(request.form, self._exchange.account)
            return self._show(self._exchange.switchboard.place(wanted), 201)

        return self._faulty.answer(Operation.CREATE_CALL, request.form.get("To"), act)

    def list(self) -> Response:
        """List calls, newest first."""

        def act() -> Response:
            query = CALLS.read_query(request.args)
            return json_answer(CALLS.as_page(self._book.calls(), query, self._account))

        return self._faulty.answer(Operation.LIST_CALLS, request.args.get("To"), act)

    def fetch(self, sid: str) -> Response:
        """Show one call."""
        call = self._known(sid)
        return self._faulty.answer(Operation.FETCH_CALL, call.to, lambda: self._show(call))

    def update(self, sid: str) -> Response:
        """End a call, or have it go on with another document."""
        call = self._known(sid)

        def act() -> Response:
            self._change(call)
            return self._show(self._known(sid))

        return self._faulty.answer(Operation.UPDATE_CALL, call.to, act)

    def recording(self, sid: str) -> Response:
        """The sound of a recording; with or without .wav at the end."""
        sound = self._book.recording(sid.removesuffix(".wav"))
        if sound is None:
            raise CarrierError(20404)
        return Response(sound, content_type="audio/x-wav")

    def delete_recording(self, sid: str) -> Response:
        """Delete a recording."""
        if not self._book.remove_recording(sid):
            raise CarrierError(20404)
        return Response(status=204)

    def _change(self, call: CallRecord) -> None:
        form = request.form
        for name in form:
            if name not in _UPDATES:
                raise CarrierError(20001, text=f"{name[:40]} cannot be changed about a call.")
        status, url, twiml = form.get("Status"), form.get("Url", ""), form.get("Twiml", "")
        if status is not None:
            if status not in ("canceled", "completed"):
                raise CarrierError(20001, text="Status must be canceled or completed.")
            self._exchange.switchboard.end(call, status)
        elif twiml:
            self._exchange.switchboard.redirect(call, "", "POST", read_document(twiml))
        elif not is_usable(url):
            raise CarrierError(21205)
        else:
            method = read_method(form, "Method")
            self._exchange.switchboard.redirect(call, url, method, None)

    def _known(self, sid: str) -> CallRecord:
        call = self._book.call(sid)
        if call is None:
            raise CarrierError(20404)
        return call

    def _show(self, call: CallRecord, status: int = 200) -> Response:
        return json_answer(as_resource(call, self._account), status)
