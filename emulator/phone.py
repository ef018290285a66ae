"""The browser phone: one page, its few requests, and a stream of what is new."""

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, request, send_from_directory

from emulator.control import as_dict
from emulator.exchange import Exchange
from emulator.inbound import TextDetails
from emulator.jsonbody import BadRequestError, explain, field, json_body, number_field
from emulator.model import Note, Reach
from emulator.segments import size_of
from emulator.state import News
from emulator.voice_control import add_call_control, call_as_dict

STATIC = Path(__file__).parent / "static"
_HEARTBEAT = 15.0
"""Seconds after which a silent stream says something, so that a lost browser is noticed."""
_RETRY = 1000
"""Milliseconds after which a browser that lost the stream tries again."""
_LARGEST_PICTURE = 5 * 1024 * 1024
_POLICY = "default-src 'self'; img-src 'self' data: blob:; base-uri 'none'; form-action 'self'"


def create_phone(exchange: Exchange) -> Blueprint:
    """The routes of the phone page."""
    phone = Blueprint("phone", __name__)
    handler = _PhonePage(exchange)
    phone.register_error_handler(BadRequestError, explain)
    phone.after_request(_protect)
    phone.add_url_rule("/", view_func=handler.page)
    phone.add_url_rule("/static/<path:name>", view_func=handler.asset)
    phone.add_url_rule("/phone/stream", view_func=handler.stream)
    phone.add_url_rule("/phone/size", view_func=handler.size, methods=["POST"])
    phone.add_url_rule("/phone/texts", view_func=handler.text, methods=["POST"])
    phone.add_url_rule("/phone/phones", view_func=handler.set_phone, methods=["POST"])
    add_call_control(phone, exchange, at="/phone/calls")
    phone.add_url_rule("/phone/read", view_func=handler.mark_read, methods=["POST"])
    return phone


def _protect(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


class _PhonePage:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._state = exchange.state

    def page(self) -> Response:
        """The page itself; everything on it comes through the stream."""
        return send_from_directory(STATIC, "index.html")

    def asset(self, name: str) -> Response:
        """Style sheet and scripts of the page."""
        return send_from_directory(STATIC, name)

    def stream(self) -> Response:
        """Server-sent events: first everything, then what changes.

        A browser that comes back names the last event it saw and gets what it missed.
        """
        boot, _, revision = request.headers.get("Last-Event-ID", "").partition("-")
        seen = int(revision) if boot == self._state.boot and revision.isdigit() else 0
        answer = Response(self._events(seen), content_type="text/event-stream")
        answer.headers["X-Accel-Buffering"] = "no"
        return answer

    def _events(self, seen: int) -> Iterator[str]:
        with self._state.watched():
            yield from self._news(seen)

    def _news(self, seen: int) -> Iterator[str]:
        boot = self._state.boot
        yield f"retry: {_RETRY}\n\n"
        while not self._state.closed:
            if boot != self._state.boot:
                boot, seen = self._state.boot, 0
            news = self._state.news(seen)
            calls = [call_as_dict(call) for call in self._exchange.calls.calls(seen)]
            told = json.dumps({**_as_json(news, seen), "calls": calls})
            yield f"id: {boot}-{news.revision}\ndata: {told}\n\n"
            seen = news.revision
            while not self._state.wait_for_news(seen, _HEARTBEAT) and not self._state.closed:
                yield ": still here\n\n"

    def size(self) -> Response:
        """Segments of a text that is being typed."""
        return jsonify(asdict(size_of(field(json_body(), "body", str))))

    def text(self) -> Response:
        """Send a text from a phone; what comes of it is seen in the stream."""
        body = json_body()
        from_, to = number_field(body, "from"), number_field(body, "to")
        words = field(body, "body", str)
        pictures = [_picture(url) for url in body.get("pictures", [])]
        if not words.strip() and not pictures:
            raise BadRequestError("Type a text or add a picture first.")
        sid = self._exchange.text_later(from_, to, words, TextDetails(pictures=pictures))
        return jsonify({"sid": sid})

    def set_phone(self) -> Response:
        """Add a phone, name it, or say whether texts reach it."""
        body = json_body()
        label, reach = body.get("label"), body.get("reach")
        if reach is not None and reach not in list(Reach):
            raise BadRequestError("reach must be on, off, landline or blocking.")
        self._state.set_phone(
            number_field(body, "number"),
            label=None if label is None else str(label)[:40],
            reach=Reach(reach) if reach else None,
        )
        return jsonify({})

    def mark_read(self) -> Response:
        """Remember how far a conversation was read."""
        body = json_body()
        ends = number_field(body, "phone"), number_field(body, "number")
        self._state.mark_read(*ends, field(body, "serial", int))
        return jsonify({})


def _picture(url: str) -> tuple[str, bytes]:
    """Take a data URL apart. Raises BadRequestError if it is not a picture of fair size."""
    head, _, content = str(url).partition(";base64,")
    content_type = head.removeprefix("data:")
    try:
        picture = base64.b64decode(content, validate=True)
    except binascii.Error:
        raise BadRequestError("The picture did not arrive whole; please choose it again.") from None
    if content_type not in ("image/png", "image/jpeg", "image/gif", "image/webp"):
        raise BadRequestError("Please choose a picture: PNG, JPEG, GIF or WebP.")
    if len(picture) > _LARGEST_PICTURE:
        raise BadRequestError("The picture is over 5 MB; please choose a smaller one.")
    return content_type, picture


def _as_json(news: News, since: int) -> dict[str, Any]:
    return {
        "fresh": since == 0,
        "phones": [asdict(phone) for phone in news.phones],
        "numbers": [{"number": number, "label": label} for number, label in news.numbers],
        "read": [
            {"phone": phone, "number": number, "serial": serial}
            for phone, number, serial in news.read
        ],
        "messages": [as_dict(message) for message in news.messages],
        "notes": [_note(note) for note in news.notes],
        "removed": list(news.removed),
    }


def _note(note: Note) -> dict[str, Any]:
    return {**asdict(note), "at": note.at.isoformat()}
