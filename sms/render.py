"""The answer to a text as TwiML."""

from __future__ import annotations

from typing import Final

from twilio.twiml.messaging_response import MessagingResponse

from carrier.segments import fit
from flows.clinic_words import filled
from flows.library import Library
from flows.model import Channel
from profiles import LANGUAGES, Profile

LONGEST_BODY: Final = 1600  # characters; the carrier refuses a longer body
SILENCE: Final = '<?xml version="1.0" encoding="UTF-8"?><Response />'


def twiml(reply: str, profile: Profile) -> str:
    """The TwiML document that sends a reply; an empty reply says nothing.

    The wording is fitted to the fewest segments. A reply longer than one message may be is sent as
    several, broken at line ends where there are any.
    """
    if not reply:
        return SILENCE
    response = MessagingResponse()
    for part in parts_of(fit(reply, keep_accents=profile.keep_accents)):
        response.message(part)
    return str(response)


def unread(library: Library, profile: Profile) -> str:
    """The document that answers a text from another host while we don't; nobody there knows the
    patient's language."""
    texts = library.messages["line_down"]
    languages = sorted(LANGUAGES, key=lambda each: each != profile.language)
    said = [filled(texts, Channel.SMS, each, profile) for each in languages]
    return twiml("\n".join(said), profile)


def parts_of(body: str) -> list[str]:
    """A body in pieces that are each short enough for one message."""
    parts = []
    while len(body) > LONGEST_BODY:
        cut = body.rfind("\n", 1, LONGEST_BODY)
        cut = cut if cut > 0 else body.rfind(" ", 1, LONGEST_BODY)
        cut = cut if cut > 0 else LONGEST_BODY
        parts.append(body[:cut].rstrip())
        body = body[cut:].lstrip()
    return [part for part in (*parts, body) if part]
