"""What the carrier's forms about calls mean."""

from __future__ import annotations

import re
from typing import Final

from werkzeug.datastructures import MultiDict

from conversation.calls import CallIn
from conversation.reminder_calls import Attempt
from db.calls import NewRecording
from flows.call_state import Dialled, Happening, Recorded, Said

_SID: Final = re.compile(r"[A-Za-z0-9]{1,64}\Z")
_NUMBER: Final = re.compile(r"[0-9]{1,9}\Z")
_UNSURE: Final = 0.4
"""Speech recognised with less confidence counts only where it fits exactly, or is a red flag."""
_LONGEST_SPEECH: Final = 2000
_LONGEST_URL: Final = 500
Form = MultiDict[str, str]


class BadWebhookError(ValueError):
    """A signed request that lacks what every request about a call has; nothing was stored."""


def call_in(form: Form) -> CallIn:
    """The call that a form is about. Raises `BadWebhookError`."""
    ours = form.get("Direction", "").startswith("outbound")
    patient, line = ("To", "From") if ours else ("From", "To")
    return CallIn(sid_of(form), _clean(form.get(patient, ""), 40), _clean(form.get(line, ""), 40))


def sid_of(form: Form, name: str = "CallSid") -> str:
    """The id of the call. Raises `BadWebhookError`."""
    sid = form.get(name, "")
    if not _SID.match(sid):
        raise BadWebhookError(f"{name} is missing or malformed")
    return sid


def happening_in(form: Form) -> Happening:
    """What has happened: the desk was dialled, a message recorded, or the caller pressed or said
    something, or kept silent.

    A document that goes on after an empty recording posts nothing of the kind; that is silence.
    """
    if "DialCallStatus" in form:
        return Dialled(_clean(form["DialCallStatus"], 20).lower())
    if "RecordingSid" in form or "RecordingUrl" in form:
        return Recorded(number_in(form.get("RecordingDuration", "")) or 0)
    digits = _clean(form.get("Digits", ""), 40)
    if digits:
        return Said(digits)
    speech = _clean(form.get("SpeechResult", ""), _LONGEST_SPEECH)
    return Said(speech, sure=_confidence(form.get("Confidence")) >= _UNSURE)


def _confidence(text: str | None) -> float:
    """The carrier does not always tell; then it is taken at its word."""
    try:
        return 1.0 if text is None else float(text)
    except ValueError:
        return 1.0


def recording_in(form: Form) -> NewRecording | None:
    """The recording that a form reports; `None` where there is none, or nothing in it."""
    sid, url = form.get("RecordingSid", ""), _clean(form.get("RecordingUrl", ""), _LONGEST_URL)
    seconds = number_in(form.get("RecordingDuration", "")) or 0
    if not _SID.match(sid) or not url or not seconds:
        return None
    return NewRecording(sid, url, seconds)


def attempt_in(args: Form, form: Form) -> Attempt | None:
    """Which reminder a call of ours tells; `None` where the address does not say."""
    reminder, number = number_in(args.get("r", "")), number_in(args.get("a", ""))
    if reminder is None or number is None:
        return None
    return Attempt(reminder, number, _clean(form.get("AnsweredBy", ""), 24))


def number_in(text: str) -> int | None:
    """A number of at most nine digits."""
    return int(text) if text.isascii() and _NUMBER.match(text) else None


def _clean(text: str, longest: int) -> str:
    """Without NUL characters, which PostgreSQL can't store, and not too long."""
    return text.replace("\0", "").strip()[:longest]
