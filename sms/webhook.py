"""What Twilio posts when a patient texts the clinic, and how texts of ours fared.

Both are reached only through the signature guard that `app.create_app` puts before everything
under `/sms`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response, abort, request
from werkzeug.datastructures import MultiDict

from carrier.phones import SenderKind, sender_kind
from conversation import Conversations, NotInServiceError, TextIn
from db.clinics import Clinics
from db.session import Database
from flows.model import CarrierWord
from scheduler.callbacks import record_status
from sms.render import SILENCE, twiml

_SID: Final = re.compile(r"[A-Za-z0-9]{1,64}\Z")
_COUNT: Final = re.compile(r"[0-9]{1,2}\Z")
_CARRIER_WORDS: Final = {word.value: word for word in CarrierWord}
Clock = Callable[[], dt.datetime]
NOT_IN_SERVICE: Final = (
    '<?xml version="1.0" encoding="UTF-8"?><Response><Message>This number is not in service yet. '
    "In an emergency call 911.</Message></Response>"
)


class BadWebhookError(ValueError):
    """A signed request that lacks what every text has; nothing was stored."""


def text_in(form: MultiDict[str, str]) -> TextIn:
    """The text that a webhook's form describes. Raises `BadWebhookError`.

    NUL characters are left out: no text needs them and PostgreSQL can't store them.
    """
    sid = form.get("MessageSid") or form.get("SmsSid") or ""
    sender = form.get("From", "").replace("\0", "").strip()
    if not _SID.match(sid):
        raise BadWebhookError("MessageSid is missing or malformed")
    if not sender or len(sender) > 40:
        raise BadWebhookError("From is missing or malformed")
    media = form.get("NumMedia", "0")
    word = form.get("OptOutType", "").upper()
    return TextIn(
        sid=sid,
        sender=sender,
        to=form.get("To", "").replace("\0", "").strip()[:40],
        body=form.get("Body", "").replace("\0", ""),
        media=int(media) if _COUNT.match(media) else 0,
        answered_by_carrier=_CARRIER_WORDS.get(word),
    )


def blueprint(
    conversations: Conversations, database: Database, clinics: Clinics, clock: Clock
) -> Blueprint:
    """The routes under `/sms`."""
    room = Blueprint("sms", __name__, url_prefix="/sms")

    @room.post("/inbound")
    def inbound() -> Response:
        try:
            text = text_in(request.form)
        except BadWebhookError as error:
            abort(400, description=f"{error}. Nothing was stored.")
        return Response(_answer(conversations, text, clock), mimetype="text/xml")

    @room.post("/status")
    def status() -> Response:
        args = {name: value.replace("\0", "") for name, value in request.args.items()}
        report = {name: value.replace("\0", "") for name, value in request.form.items()}
        with database.transaction() as session:
            record_status(session, clinics, args, report, clock())
        return Response(status=204)

    return room


def _answer(conversations: Conversations, text: TextIn, clock: Clock) -> str:
    """The response for each kind of sender. Someone who withholds their number can't be answered;
    a clinic that is not set up yet can't answer, but whoever writes is told of 911."""
    kind = sender_kind(text.sender)
    if kind is SenderKind.WITHHELD:
        return SILENCE
    try:
        if kind is SenderKind.PERSON or text.sender.startswith("+"):
            return conversations.answer(text, twiml, clock)
        return conversations.answer_machine(text, twiml, clock)
    except NotInServiceError:
        return NOT_IN_SERVICE
