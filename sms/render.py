"""The answer to a text as TwiML."""

from __future__ import annotations

from typing import Final

from twilio.twiml.messaging_response import MessagingResponse

from carrier.segments import fit
from profiles import Profile

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
