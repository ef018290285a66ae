"""Calls in a timeline: that there was one and how it ended, each turn, what was recorded."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy.orm import Session

from admin.timeline import Entry, Side, Wanted, understood
from admin.voice_message import address_of, length_of
from admin.words import gettext as _
from admin.words import ngettext
from db import call_history
from db.call_history import VoiceMessage
from db.call_models import Call, CallTurnRow
from db.models import Contact
from flows.call_state import CallState, Waits

_SHORT: Final = 160
_KEYS: Final = re.compile(r"[0-9*#]+")
_HIDDEN: Final = re.compile(r"[#\s/.-]*#[#\s/.-]*#[#\s/.-]*")
_OPENING: Final = frozenset({"greeting", "reminder"})
"""Turns with which a call begins: what is said in them goes without saying."""
_read_state: Final = msgspec.json.Decoder(CallState).decode


def calls(session: Session, contact: Contact, wanted: Wanted) -> Sequence[Entry]:
    """The calls with a phone: of each its beginning, its turns and its voice message."""
    asked = (session, contact, wanted.before, wanted.limit + 1)
    begun = [_of_call(call, rule, wanted.now) for call, rule in call_history.calls_with(*asked)]
    turns = reversed(call_history.turns_with(*asked))
    recorded = [_of_message(each) for each in call_history.voice_messages_with(*asked)]
    return [*begun, *(entry for turn in turns for entry in _of_turn(turn)), *recorded]


def _of_call(call: Call, last_rule: str, now: dt.datetime) -> Entry:
    """That a call began, who answered it, how it ended and how long it took."""
    is_ours = call.direction == "out"
    state, colour = _end(call, last_rule, now)
    if call.ended_at is not None:
        state = f"{state}, {_length(call.ended_at - call.started_at)}"
    return Entry(
        call.started_at,
        Side.CLINIC if is_ours else Side.PATIENT,
        _("Reminder call") if is_ours else _("Call from the patient"),
        note=_answered_by(call.answered_by) if is_ours else "",
        state=state,
        state_kind=colour,
    )


_ANSWERED_BY: Final = {
    "human": _("A person answered."),
    "machine": _("An answering machine took it."),
    "fax": _("A fax machine took it."),
}


def _answered_by(word: str | None) -> str:
    kind = "machine" if (word or "").startswith("machine") else word or ""
    return _ANSWERED_BY.get(kind, "")


_NOT_TAKEN: Final = {
    "busy": (_("The line was busy"), "urgent"),
    "no-answer": (_("Nobody answered"), "urgent"),
    "failed": (_("The call could not be made"), "urgent"),
    "canceled": (_("Called off before it was answered"), "off"),
}
_LAST_TURN: Final = {
    "reached": (_("Spoke with the desk"), "good"),
    "recorded": (_("Over after a voice message"), "normal"),
    "machine": (_("Over; a message was left"), "normal"),
}
_NOBODY: Final = (_("Hung up without having reached the desk"), "urgent")
_HUNG_UP: Final = {
    Waits.PERSON: _NOBODY,
    Waits.MESSAGE: (_("Hung up at the voice message"), "normal"),
    Waits.NOTHING: (_("Over"), "off"),
}
_LONGEST: Final = dt.timedelta(hours=4)
"""No call goes on for longer at the carrier."""


def _end(call: Call, last_rule: str, now: dt.datetime) -> tuple[str, str]:
    """How a call ended, and the colour that goes with it."""
    if call.ended_at is None:
        is_lost = now - call.started_at > _LONGEST
        return (_("Its end was not reported"), "off") if is_lost else (_("Going on"), "normal")
    if call.status in _NOT_TAKEN:
        return _NOT_TAKEN[call.status]
    waits = _waits(call.state)
    if waits is Waits.NOTHING and last_rule in _LAST_TURN:
        return _LAST_TURN[last_rule]
    if waits is None:
        return _HUNG_UP[Waits.NOTHING]
    if last_rule == "dialled":
        return _NOBODY
    return _HUNG_UP.get(waits, (_("The patient hung up"), "off"))


def _waits(state: str) -> Waits | None:
    """What the call waited for at its end; `None` if that can't be read."""
    try:
        return _read_state(state).waits
    except msgspec.DecodeError:
        return None


def _length(time: dt.timedelta) -> str:
    minutes, seconds = divmod(max(int(time.total_seconds()), 0), 60)
    if not minutes:
        return ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}
    return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": seconds}


_HAPPENED: Final = {
    "reached": _("The desk took the call"),
    "dialled": _("Nobody at the desk took the call"),
    "recorded": _("Left a voice message"),
    "not_recorded": _("Left no voice message"),
}


def _of_turn(turn: CallTurnRow) -> list[Entry]:
    """What was said or pressed and what was understood; what was answered, in short."""
    if turn.rule in _OPENING or turn.rule == "ended":
        return []
    entries = []
    if turn.rule in _HAPPENED:
        entries.append(Entry(turn.at, Side.EVENT, _HAPPENED[turn.rule]))
    elif turn.said:
        words = _said(turn.said)
        entries.append(Entry(turn.at, Side.PATIENT, _("Patient"), words, note=understood(turn)))
    elif turn.rule == "number":
        entries.append(Entry(turn.at, Side.PATIENT, _("Patient"), _("Keyed in a phone number")))
    if turn.reply:
        short = _shortened(turn.reply)
        entries.append(Entry(turn.at, Side.CLINIC, _("Spoken answer"), short))
    return entries


def _said(words: str) -> str:
    """Keys as keys and words as words. A date of birth was hidden before it was stored."""
    if _HIDDEN.fullmatch(words):
        return _("A date of birth, which is not kept")
    if _KEYS.fullmatch(words):
        return _("Pressed %(keys)s") % {"keys": words}
    return f"“{words}”"


def _shortened(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _SHORT else f"{words[:_SHORT].rsplit(' ', 1)[0]} …"


def _of_message(message: VoiceMessage) -> Entry:
    """A voice message, to be listened to."""
    return Entry(
        message.at,
        Side.PATIENT,
        _("Voice message"),
        length_of(message),
        sound=address_of(message),
    )
